{# All days as one log. #}
{{ config(materialized='table') }}

select clientele.merge(log) as log from {{ ref('order_logs') }}
