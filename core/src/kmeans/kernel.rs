//! Squared distances, as many at a time as the processor can.
//!
//! Points stand in tiles of [`LANES`], feature by feature, so that each instruction works on several points. The code is compiled
//! for several generations of processors and the best is chosen when it runs; none fuses multiplications with additions, so
//! that all give the same bits.

use pulp::{Arch, Simd, WithSimd};

/// Points in a tile.
pub const LANES: usize = 16;

/// One number for each point of a tile.
pub type Lanes = [f64; LANES];

/// The squared distances of a tile's points to a center.
#[inline(always)]
fn squared_distances(tile: &[f64], center: &[f64]) -> Lanes {
    let mut sums = [0.0; LANES];
    for (values, &middle) in tile.as_chunks::<LANES>().0.iter().zip(center) {
        for lane in 0..LANES {
            let difference = middle - values[lane];
            sums[lane] += difference * difference;
        }
    }
    sums
}

/// The nearest center of each point: for each tile, `visit` is given the tile, the squared distances and the numbers of the centers.
/// Of centers equally near it is the first.
pub fn nearest(tiles: &[f64], centers: &[f64], dimension: usize, visit: impl FnMut(&[f64], &Lanes, &[u32; LANES])) {
    Arch::new().dispatch(Nearest {
        tiles,
        centers,
        dimension,
        visit,
    });
}

struct Nearest<'a, F> {
    tiles: &'a [f64],
    centers: &'a [f64],
    dimension: usize,
    visit: F,
}

impl<F: FnMut(&[f64], &Lanes, &[u32; LANES])> WithSimd for Nearest<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        for tile in self.tiles.chunks_exact(self.dimension * LANES) {
            let mut least = [f64::INFINITY; LANES];
            // Numbers of centers as floats: a comparison then selects both in registers of one kind.
            let mut best = [0.0; LANES];
            for (number, center) in self.centers.chunks_exact(self.dimension).enumerate() {
                let squares = squared_distances(tile, center);
                let number = number as f64;
                for lane in 0..LANES {
                    let nearer = squares[lane] < least[lane];
                    least[lane] = if nearer { squares[lane] } else { least[lane] };
                    best[lane] = if nearer { number } else { best[lane] };
                }
            }
            (self.visit)(tile, &least, &best.map(|number| number as u32));
        }
    }
}

/// The squared distances of all points to all centers: for each tile and center, `visit` is given their numbers and the squares.
pub fn distances(tiles: &[f64], centers: &[f64], dimension: usize, visit: impl FnMut(usize, usize, &Lanes)) {
    Arch::new().dispatch(Distances {
        tiles,
        centers,
        dimension,
        visit,
    });
}

struct Distances<'a, F> {
    tiles: &'a [f64],
    centers: &'a [f64],
    dimension: usize,
    visit: F,
}

impl<F: FnMut(usize, usize, &Lanes)> WithSimd for Distances<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        for (at, tile) in self.tiles.chunks_exact(self.dimension * LANES).enumerate() {
            for (number, center) in self.centers.chunks_exact(self.dimension).enumerate() {
                (self.visit)(at, number, &squared_distances(tile, center));
            }
        }
    }
}
