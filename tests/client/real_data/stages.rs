//! Stages of life and curves of survival, as another program has them.

use crate::database::one;
use crate::{Outcome, ensure};

const LOG: &str = "(SELECT clientele.order_log(customer_id, invoice_date, quantity * unit_price) FROM online_retail
                    WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0)";

pub fn online_retail_stages(client: &mut postgres::Client) -> Outcome {
    for (as_of, digest) in [
        (
            "2011-12-09 23:59:59.999999",
            "9ac73bea69e3a042a950d6186856943c89a90303e4d27b31775adb4e24697bca",
        ),
        (
            "2011-06-09 23:59:59.999999",
            "220204041b072095b2a06470d3d0b034d5265e22f22d63ab052f6f7212b65485",
        ),
    ] {
        let found: String = one(
            client,
            &format!(
                "SELECT encode(sha256(convert_to(string_agg(concat_ws(':', customer_id, purchases, days_since_last, stage) || chr(10), ''
                                                            ORDER BY customer_id), 'UTF8')), 'hex')
                 FROM clientele.lifecycle({LOG}, as_of => '{as_of}')"
            ),
        )?;
        ensure!(found == digest, "as of {as_of}: {found}");
    }
    let rhythm: String = one(
        client,
        &format!(
            "SELECT round(typical_gap::numeric, 6) || ' ' || round(kappa::numeric, 6) || ' ' || round(regularity::numeric, 6) FROM clientele.rhythm({LOG})"
        ),
    )?;
    ensure!(rhythm == "42.198056 1.063849 1.853780", "the rhythm is {rhythm}");
    Ok(())
}

pub fn online_retail_survival(client: &mut postgres::Client) -> Outcome {
    let found: String = one(
        client,
        &format!(
            "SELECT count(*) || ' ' || sum(lost) || ' ' || round((min(survival) FILTER (WHERE days <= 180))::numeric, 6)
             FROM clientele.survival({LOG}, '90 days')"
        ),
    )?;
    ensure!(found == "206 2693 0.266139", "who is lost: {found}");
    let found: String = one(
        client,
        &format!(
            "SELECT count(*) || ' ' || sum(reordered) || ' ' || min(days) FILTER (WHERE share >= 0.5) FROM clientele.reorders({LOG})"
        ),
    )?;
    ensure!(found == "320 2790 104", "who comes again: {found}");
    Ok(())
}
