//! Which cluster of one clustering is which of another.

use crate::checkpoint::Checkpoint;
use crate::error::Result;
use ndarray::Array2;

/// The assignment of rows to columns that makes the most of `gain`: the column of each row, if it has one. There are as many pairs as the
/// smaller side has.
///
/// The Hungarian method with shortest augmenting paths (Kuhn 1955; Jonker & Volgenant 1987): time grows with the cube of the size. Among
/// assignments that gain the same, the outcome depends on nothing but the matrix.
pub fn assign(gain: &Array2<f64>, checkpoint: &mut dyn Checkpoint) -> Result<Vec<Option<usize>>> {
    let (rows, columns) = gain.dim();
    // A square of costs, with nothing to gain where the matrix ends.
    let n = rows.max(columns);
    let cost = |row: usize, column: usize| gain.get((row, column)).map_or(0.0, |gain| -gain);
    // Potentials of rows and columns, and the row of each column; number 0 stands for none, so all are one higher.
    let (mut of_row, mut of_column) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut row_of = vec![0; n + 1];
    for row in 1..=n {
        checkpoint.pass("matching", row, n)?;
        row_of[0] = row;
        let mut least = vec![f64::INFINITY; n + 1];
        let mut from = vec![0; n + 1];
        let mut visited = vec![false; n + 1];
        let mut column = 0;
        while row_of[column] != 0 {
            visited[column] = true;
            let at = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for other in 1..=n {
                if visited[other] {
                    continue;
                }
                let reduced = cost(at - 1, other - 1) - of_row[at] - of_column[other];
                if reduced < least[other] {
                    (least[other], from[other]) = (reduced, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            for other in 0..=n {
                if visited[other] {
                    of_row[row_of[other]] += step;
                    of_column[other] -= step;
                } else {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[from[column]];
            column = from[column];
        }
    }
    let mut column_of = vec![None; rows];
    for column in 0..columns {
        if let Some(slot) = column_of.get_mut(row_of[column + 1] - 1) {
            *slot = Some(column);
        }
    }
    Ok(column_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;
    use crate::random::Random;

    /// The most that any assignment gains.
    fn best(gain: &Array2<f64>, row: usize, taken: &mut Vec<bool>) -> f64 {
        if row == gain.nrows() {
            return 0.0;
        }
        let spare = gain.nrows() > gain.ncols();
        let mut most = if spare {
            best(gain, row + 1, taken)
        } else {
            f64::NEG_INFINITY
        };
        for column in 0..gain.ncols() {
            if !taken[column] {
                taken[column] = true;
                most = most.max(gain[(row, column)] + best(gain, row + 1, taken));
                taken[column] = false;
            }
        }
        most
    }

    #[test]
    fn no_other_assignment_gains_more() {
        let mut random = Random::stream(1, 0);
        for (rows, columns) in [(1, 1), (2, 2), (3, 3), (5, 5), (6, 4), (4, 6), (1, 5), (5, 1)] {
            for _ in 0..50 {
                let gain = Array2::from_shape_fn((rows, columns), |_| (random.unit() * 10.0).floor());
                let columns_of = assign(&gain, &mut Unhindered).unwrap();
                let pairs = columns_of
                    .iter()
                    .enumerate()
                    .filter_map(|(row, &column)| Some((row, column?)));
                let mut seen = vec![false; columns];
                for (_, column) in pairs.clone() {
                    assert!(!std::mem::replace(&mut seen[column], true), "{gain}");
                }
                assert_eq!(pairs.clone().count(), rows.min(columns));
                let total: f64 = pairs.map(|pair| gain[pair]).sum();
                assert_eq!(total, best(&gain, 0, &mut vec![false; columns]), "{gain}");
            }
        }
    }
}
