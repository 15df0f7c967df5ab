use super::{Feature, Single};

pub const FEATURE: Feature = Feature {
    word: "seasonality",
    long: &[
        (
            "seasonality",
            "SELECT sum(index)
             FROM logs, generate_series(1, 400) i, clientele.seasonality(log, by => 'hour', as_of => timestamp '2024-01-13' + i * interval '1 second')",
        ),
        (
            "decomposing",
            "SELECT sum(trend)
             FROM logs, generate_series(1, 400) i, clientele.decompose(log, period => 'hour', as_of => timestamp '2024-01-13' + i * interval '1 second')",
        ),
        (
            "forecasting",
            "SELECT sum(forecast)
             FROM logs, generate_series(1, 400) i, clientele.forecast(log, period => 'hour', as_of => timestamp '2024-01-13' + i * interval '1 second')",
        ),
        (
            "validating forecasts",
            "SELECT sum(mase)
             FROM logs, generate_series(1, 40) i, clientele.validate_forecast(log, period => 'hour', as_of => timestamp '2024-01-13' + i * interval '1 second')",
        ),
    ],
    single: &[Single {
        what: "a forecast of hours",
        input: "SELECT clientele.order_log(1, timestamp '2024-01-01' + i * interval '1 hour', 1 + i * 7919 % 31 + i % 24) AS value
                FROM generate_series(1, least(N / 32, 99000)) i",
        call: "SELECT count(*) FROM input, clientele.forecast(value, period => 'hour')",
        threads: &[1],
    }],
    short: &[
        ("seasonality", "holds a number for each period, of which there are few"),
        ("decompose", "holds some numbers for each period"),
        ("forecast", "holds some numbers for each period"),
        ("validate_forecast", "holds some numbers for each period"),
    ],
    stored: "
        CREATE MATERIALIZED VIEW forecasts AS SELECT f.* FROM whole, clientele.forecast(log, period => 'day', horizon => 7) f",
    ..Feature::NONE
};
