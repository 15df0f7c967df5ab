-- Rows are what is missing: the log of all days against one collected anew. Days that changed before late_days are found so.
select 'merged is not what orders are' as fault
from {{ ref('merged') }}
where log operator(clientele.<>) (select clientele.order_log(household_id, ordered_at, total) from {{ source('shop', 'orders') }})
