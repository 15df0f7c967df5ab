//! What models and rules of thumb say of money and churn, beside pandas, SciPy and scikit-learn, which read the same files.

use crate::database::one;
use crate::{Outcome, ensure};
use postgres::Client;

/// That a query gives for each method the text that belongs to it.
fn ensure_all(client: &mut Client, query: &str, want: &[(&str, &str)]) -> Outcome {
    for (method, figures) in want {
        let found: String = one(client, &format!("{query} AND method = '{method}'"))?;
        ensure!(found == *figures, "{method}: {found} and not {figures}");
    }
    Ok(())
}

const CDNOW: &str = "(SELECT clientele.order_log(customer_id, date, dollars) FROM cdnow_master), split => '1997-12-31'";

/// Half a year after the first one, of all 23,570 customers. The model's figures are from SciPy's hypergeometric function with its parameters.
pub fn cdnow_money(client: &mut Client) -> Outcome {
    let figures =
        "round(predicted::numeric, 2) || ' ' || round(mae::numeric, 4) || ' ' || round(rmse::numeric, 4) || ' ' ||
                   round(top_tenth_share::numeric, 5) || ' ' || round(rank_correlation::numeric, 5)";
    ensure_all(
        client,
        &format!(
            "SELECT {figures} FROM clientele.validate_clv({CDNOW}) WHERE decile IS NULL AND customers = 23570 AND actual = 476154.37"
        ),
        &[
            ("mbg/nbd", "445405.85 20.7034 56.1355 0.56383 0.44095"),
            ("same rate", "698631.84 25.6257 72.7169 0.55407 0.47865"),
            ("same again", "583659.91 22.6328 64.8653 0.56035 0.49482"),
        ],
    )?;
    ensure_all(
        client,
        &format!(
            "SELECT round(predicted_revenue::numeric, 2) || ' ' || round(revenue_mae::numeric, 4) || ' ' || round(revenue_rmse::numeric, 4)
             FROM clientele.compare_purchase_models({CDNOW}) WHERE actual_revenue = 476154.37"
        ),
        &[
            ("mbg/nbd", "445405.85 20.7034 56.1355"),
            ("mean of all", "583659.91 34.6836 81.9941"),
            ("nobody", "0.00 20.2017 84.3229"),
        ],
    )
}

/// Who of them placed no order.
pub fn cdnow_churn(client: &mut Client) -> Outcome {
    ensure_all(
        client,
        &format!(
            "SELECT round(predicted_churn::numeric, 5) || ' ' || round(brier_score::numeric, 5) || ' ' || round(log_loss::numeric, 5) || ' ' ||
                    round(auc::numeric, 5)
             FROM clientele.validate_churn({CDNOW}) WHERE decile IS NULL AND round(actual_churn::numeric, 6) = 0.771998"
        ),
        &[
            ("mbg/nbd", "0.79093 0.13089 0.42265 0.79309"),
            ("base rate", "0.73059 0.17773 0.54136 0.50000"),
            ("recency", "0.81604 0.14431 0.45194 0.79552"),
        ],
    )
}

/// With returns, and times of the day: 99 days of the autumn. Models are at a limit here; rules are not.
pub fn online_retail_money(client: &mut Client) -> Outcome {
    let log = "(SELECT clientele.order_log(customer_id, invoice_date, quantity * unit_price) FROM online_retail WHERE customer_id IS NOT NULL),
               split => '2011-09-01'";
    ensure_all(
        client,
        &format!(
            "SELECT round(predicted::numeric, 3) || ' ' || round(mae::numeric, 4) || ' ' || round(rmse::numeric, 4)
             FROM clientele.validate_clv({log}) WHERE decile IS NULL AND customers = 3317 AND actual = 2765929.181"
        ),
        &[
            ("same rate", "1579392.893 557.3911 2734.8235"),
            ("same again", "1906078.241 590.9662 2479.6141"),
            ("mean of all", "1906078.241 893.7320 4169.5079"),
        ],
    )?;
    ensure_all(
        client,
        &format!(
            "SELECT round(brier_score::numeric, 4) || ' ' || round(log_loss::numeric, 4) || ' ' || round(auc::numeric, 5)
             FROM clientele.validate_churn({log}) WHERE decile IS NULL AND round(actual_churn::numeric, 6) = 0.411516"
        ),
        &[("base rate", "0.2476 0.6883 0.50000"), ("recency", "0.2378 0.6685 0.68497")],
    )
}
