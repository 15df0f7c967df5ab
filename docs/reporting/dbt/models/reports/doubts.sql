{{ config(materialized='view') }}

select fitted_on, unnest(string_to_array(d.warnings, '; ')) as doubt
from {{ ref('fitted') }} cross join lateral clientele.describe(purchases) d
