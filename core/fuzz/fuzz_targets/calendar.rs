//! Any times in any zone: periods begin before what they hold, are numbered one after the other, and are as long as they say.
#![no_main]

use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period, civil_from_days, days_from_civil, format_time};
use clientele_core::observation::Observation;
use clientele_core_fuzz::zone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((head, changes)) = bytes.split_first_chunk::<25>() else {
        return;
    };
    let number = |at: usize| i64::from_le_bytes(head[8 * at..8 * at + 8].try_into().expect("eight bytes"));
    let time = |at: usize| number(at).clamp(MIN_TIME, END_TIME - 1);
    let times = [time(0), time(1)];
    let period = Period::ALL[usize::from(head[24]) % Period::ALL.len()];
    let observation = Observation {
        as_of: times[0].max(times[1]),
        period,
        zone: zone(changes),
        time_unit: period.length().unwrap_or(number(2).saturating_abs().max(1)),
    };
    for time in times {
        let local = observation.zone.local(time);
        assert!((local - time).abs() <= DAY, "zones are at most a day off");
        let start = period.start(local);
        assert!(start <= local, "{period:?} of {local}");
        assert_eq!(period.start(start), start, "the start is in its period");
        assert_eq!(period.number(start), period.number(local));
        if let Some(length) = period.length() {
            assert!(local - start < length + 3 * DAY, "{period:?} of {local}");
            // Half a period behind its mean end is in the next one.
            let next = period.start(start.saturating_add(length + length / 2));
            if next < END_TIME {
                assert_eq!(period.number(next), period.number(start).map(|number| number + 1));
                assert_eq!(period.number(next - 1), period.number(start));
            }
        }
        let day = local.div_euclid(DAY);
        let (year, month, day_of_month) = civil_from_days(day);
        assert_eq!(days_from_civil(year, month, day_of_month), day);
        assert!(format_time(local).contains(&format!("-{month:02}-{day_of_month:02} ")));
    }
    let [from, to] = [times[0].min(times[1]), times[0].max(times[1])].map(|time| observation.period_start(time));
    let units = observation.units(from, to);
    assert!(units.is_finite(), "{units}");
    // Where clocks go back, a later time may be in an earlier period.
    assert!(from > to || units >= 0.0, "{units} from {from} to {to}");
    let _ = observation.unfinished();
});
