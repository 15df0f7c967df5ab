{# Models, each with the day of its newest order. Later runs add a row where the last one has become old. #}
{{ config(materialized='incremental', unique_key='fitted_on', incremental_strategy='delete+insert') }}

select d.last_order::date as fitted_on, clientele.fit_rfm(log) as rfm, clientele.fit_purchases(log) as purchases,
       clientele.fit_spend(log) as spend
from {{ ref('merged') }} cross join lateral clientele.describe(log) d
{% if is_incremental() %}
where d.last_order >= (select max(fitted_on) + {{ var('fit_days') }} from {{ this }})
{% endif %}
