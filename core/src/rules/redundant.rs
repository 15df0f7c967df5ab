//! Rules that say no more than a shorter one.

use super::found::Found;
use crate::checkpoint::{Checkpoint, attempt, push};
use crate::error::Result;
use crate::itemsets::{Sets, hash};
use hashbrown::HashTable;

/// Leaves out rules to which there is one with the same consequent, fewer of the same items as antecedent, and at least the same confidence.
///
/// Such a rule passes all limits that the longer one passes, so it is among those found, unless it was not significant. The rules of each consequent are taken by confidence,
/// from the greatest down, and of the same confidence the shortest first: then a rule is redundant if a part of its antecedent is there already.
/// What is there is kept as a tree of antecedents, in which only the parts of an antecedent are looked at.
pub(crate) fn drop(found: &mut Vec<Found>, sets: &Sets, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    checkpoint.pass("comparing rules", 0, found.len())?;
    found.sort_unstable_by(|a, b| {
        // n_ab / n_a against n_ab / n_a, exactly.
        let product = |one: &Found, other: &Found| u64::from(sets.count(one.set)) * u64::from(other.n_a);
        let length = |rule: &Found| sets.items(rule.set).len();
        a.consequent(sets)
            .cmp(b.consequent(sets))
            .then_with(|| product(b, a).cmp(&product(a, b)))
            .then_with(|| length(a).cmp(&length(b)))
    });
    let mut tree = Tree::default();
    let mut antecedent = Vec::new();
    let mut kept = 0;
    for index in 0..found.len() {
        let rule = found[index];
        if index % 256 == 0 {
            checkpoint.pass("comparing rules", index, found.len())?;
        }
        let is_next = index == 0 || !found[index - 1].consequent(sets).eq(rule.consequent(sets));
        // The rule before stands where it was: what is kept is moved no further than its own place.
        if is_next {
            tree.clear();
        }
        antecedent.clear();
        antecedent.extend(rule.antecedent(sets));
        if !tree.holds_part_of(&antecedent, checkpoint)? {
            tree.add(&antecedent, checkpoint)?;
            found[kept] = rule;
            kept += 1;
        }
    }
    found.truncate(kept);
    Ok(())
}

/// Antecedents as paths from a root, item by item.
struct Tree {
    /// The node that an item leads to from another node; looked up by both.
    steps: HashTable<Step>,
    /// By node: whether a path ends there. Node 0 is the root.
    ends: Vec<bool>,
    /// Nodes to look at, and which items to go on with.
    open: Vec<(u32, usize)>,
}

#[derive(Clone, Copy)]
struct Step {
    from: u32,
    item: u32,
    to: u32,
}

impl Step {
    fn hash(from: u32, item: u32) -> u64 {
        hash(item).wrapping_add(hash(from).rotate_left(32))
    }
}

impl Default for Tree {
    fn default() -> Tree {
        Tree {
            steps: HashTable::new(),
            ends: vec![false],
            open: Vec::new(),
        }
    }
}

impl Tree {
    fn clear(&mut self) {
        self.steps.clear();
        self.ends.truncate(1);
    }

    fn next(&self, from: u32, item: u32) -> Option<u32> {
        let same = |step: &Step| step.from == from && step.item == item;
        self.steps.find(Step::hash(from, item), same).map(|step| step.to)
    }

    fn add(&mut self, items: &[u32], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let hasher = |step: &Step| Step::hash(step.from, step.item);
        let mut node = 0;
        for &item in items {
            node = match self.next(node, item) {
                Some(next) => next,
                None => {
                    let to = self.ends.len() as u32;
                    push(&mut self.ends, false, checkpoint)?;
                    if self.steps.len() == self.steps.capacity() {
                        checkpoint.reserve(self.steps.allocation_size() + 64)?;
                        attempt(|| self.steps.try_reserve(1, hasher))?;
                    }
                    let step = Step { from: node, item, to };
                    self.steps.insert_unique(Step::hash(node, item), step, hasher);
                    to
                }
            };
        }
        self.ends[node as usize] = true;
        Ok(())
    }

    /// Whether a path is made of some of these items, which ascend.
    fn holds_part_of(&mut self, items: &[u32], checkpoint: &mut dyn Checkpoint) -> Result<bool> {
        self.open.clear();
        self.open.push((0, 0));
        let mut steps = 0u32;
        while let Some((node, start)) = self.open.pop() {
            for (place, &item) in items.iter().enumerate().skip(start) {
                if let Some(next) = self.next(node, item) {
                    if self.ends[next as usize] {
                        return Ok(true);
                    }
                    push(&mut self.open, (next, place + 1), checkpoint)?;
                }
            }
            steps += 1;
            if steps.is_multiple_of(4096) {
                checkpoint.pass("comparing rules", 0, 0)?;
            }
        }
        Ok(false)
    }
}
