{{ config(materialized='view') }}

select segment, count(*)::integer as customers, sum(revenue)::numeric(14, 2) as revenue,
       sum(expected_revenue)::numeric(14, 2) as expected_revenue
from {{ ref('customers') }} group by segment
