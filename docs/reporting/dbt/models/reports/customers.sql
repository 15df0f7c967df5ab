{# Without limits of what is expected: intervals => true finds them, and takes several times as long. #}
{{ config(materialized='table', contract={'enforced': true}, indexes=[{'columns': ['customer_id'], 'unique': true}]) }}

with newest as (
    select log, rfm, purchases, spend from {{ ref('merged') }} cross join {{ ref('fitted') }} order by fitted_on desc limit 1
)
select r.customer_id, coalesce(r.segment, 'Returns only') as segment, r.score, r.last_order::date as last_order,
       r.orders::integer as orders, r.revenue::numeric(14, 2) as revenue, h.risk,
       (100 * h.churn_probability)::numeric(4, 1) as churn_percent, v.clv::numeric(14, 2) as expected_revenue
from newest cross join lateral clientele.rfm(log, null::integer, model => rfm) r
     left join lateral clientele.churn(log, null::integer, horizon => '30 days', purchases => purchases) h using (customer_id)
     left join lateral clientele.clv(log, null::integer, horizon => '6 months', purchases => purchases, spend => spend,
         intervals => false) v using (customer_id)
