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

/// The two nearest centers of each point of a tile.
#[derive(Clone, Copy)]
pub struct Nearest {
    /// The number of the nearest one; of several as near it is the first.
    pub center: [u32; LANES],
    /// The squared distance to it.
    pub least: Lanes,
    /// The squared distance to the next one; infinite if there is none.
    pub next: Lanes,
}

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

/// The nearest centers of the points of a tile.
pub fn nearest(tile: &[f64], centers: &[f64], dimension: usize) -> Nearest {
    Arch::new().dispatch(Search {
        tile,
        centers,
        dimension,
    })
}

struct Search<'a> {
    tile: &'a [f64],
    centers: &'a [f64],
    dimension: usize,
}

impl WithSimd for Search<'_> {
    type Output = Nearest;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Nearest {
        let mut least = [f64::INFINITY; LANES];
        let mut next = [f64::INFINITY; LANES];
        // Numbers of centers as floats: a comparison then selects all in registers of one kind.
        let mut center = [0.0; LANES];
        for (number, middle) in self.centers.chunks_exact(self.dimension).enumerate() {
            let squares = squared_distances(self.tile, middle);
            let number = number as f64;
            for lane in 0..LANES {
                let square = squares[lane];
                let nearer = square < least[lane];
                let further = if nearer { least[lane] } else { square };
                next[lane] = if further < next[lane] { further } else { next[lane] };
                least[lane] = if nearer { square } else { least[lane] };
                center[lane] = if nearer { number } else { center[lane] };
            }
        }
        Nearest {
            center: center.map(|number| number as u32),
            least,
            next,
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
