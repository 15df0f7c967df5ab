//! The days of Online Retail, beside pandas, statsmodels and statsforecast, which read the same file.

use crate::database::one;
use crate::{Outcome, ensure};
use postgres::Client;

const CLEAN: &str = "(SELECT clientele.order_log(customer_id, invoice_date, quantity * unit_price) FROM online_retail
                      WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0)";

/// 374 days, the last one half seen.
const DAYS: &str = "since => '2010-12-01', as_of => '2011-12-10'";

pub fn online_retail_days(client: &mut Client) -> Outcome {
    let mut says = |query: String, want: &str| -> Outcome {
        let found: String = one(client, &query)?;
        ensure!(found == want, "{found} and not {want}: {query}");
        Ok(())
    };
    // Parts by STL.
    says(
        format!(
            "SELECT concat_ws(' ', count(*), min(period_start)::date, max(period_start)::date, sum(value)::numeric(12, 3),
                    sum(trend)::numeric(12, 3), sum(seasonal)::numeric(12, 3), sum(abs(remainder))::numeric(12, 3))
             FROM clientele.decompose({CLEAN}, period => 'day', seasonal_smoother => 7, {DAYS})"
        ),
        "374 2010-12-01 2011-12-09 8911407.904 8888165.850 51653.347 2005394.882",
    )?;
    // Shares by weekday of 52 whole weeks, and by hour.
    says(
        format!(
            "SELECT string_agg((share * 8353452.424)::numeric(12, 2)::text, ' ' ORDER BY season) || ' ' ||
                    string_agg(season::text, ' ') FILTER (WHERE index = 0)
             FROM clientele.seasonality({CLEAN}, by => 'weekday', since => '2010-12-06', as_of => '2011-12-05')"
        ),
        "1308944.20 1654490.59 1472605.47 1879023.13 1277646.41 0.00 760742.62 6",
    )?;
    says(
        format!(
            "SELECT string_agg(season || ':' || (share * 18440)::numeric(12, 1)::text, ' ' ORDER BY season) FILTER (WHERE share > 0)
             FROM clientele.seasonality({CLEAN}, by => 'hour', value => 'orders', since => '2010-12-01', as_of => '2011-12-10')"
        ),
        "6:1.0 7:29.0 8:552.0 9:1379.0 10:2211.0 11:2261.0 12:3112.0 13:2626.0 14:2262.0 15:2032.0 16:1099.0 17:546.0 18:168.0 19:144.0 20:18.0",
    )?;
    // The day after the last one is a Saturday, and the shop is closed.
    says(
        format!(
            "SELECT concat_ws(' ', period_start::date, forecast, low, high)
             FROM clientele.forecast({CLEAN}, period => 'day', horizon => 7, {DAYS}) WHERE step = 1"
        ),
        "2011-12-10 0 0 0",
    )?;
    // Where closed places are left out, others have 1.104 and 1.108.
    says(
        format!(
            "SELECT string_agg(concat_ws(' ', method, origins, mase::numeric(6, 3)), ', ' ORDER BY method)
             FROM clientele.validate_forecast({CLEAN}, period => 'day', horizon => 14, {DAYS}) WHERE method <> 'naive'"
        ),
        "ets 6 1.104, seasonal naive 6 1.451, theta 6 1.108",
    )
}
