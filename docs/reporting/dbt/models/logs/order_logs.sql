{# A log of each day. Later runs collect the last days again, and write those that have changed. #}
{{ config(materialized='incremental', unique_key='day', incremental_strategy='delete+insert') }}

with collected as (
    select (ordered_at at time zone 'UTC')::date as day, clientele.order_log(household_id, ordered_at, total) as log
    from {{ source('shop', 'orders') }}
    {% if is_incremental() %}
    where ordered_at >= (select max(day) - {{ var('late_days') }} from {{ this }})::timestamp at time zone 'UTC'
    {% endif %}
    group by 1
)
select day, log from collected
{% if is_incremental() %}
where not exists (select from {{ this }} kept where kept.day = collected.day and kept.log operator(clientele.=) collected.log)
{% endif %}
