//! Cohorts by age, added up customer by customer.

use super::ages::{Ages, First};
use super::{Definition, Options, Row};
use crate::amount::{Amount, Sum};
use crate::checkpoint::{Checkpoint, attempt, grow, push, vec_from};
use crate::error::{Error, Kind, Result};
use hashbrown::HashMap;

/// Rows between two looks at the checkpoint.
const STRIDE: u64 = 4_096;

/// A cohort at an age, being counted. What is counted at the greatest age of a customer only is, at the end, added to all before.
#[derive(Clone, Debug, Default)]
struct Cell {
    active: u64,
    observed_active: u64,
    observed: u64,
    orders: u64,
    revenue: Sum,
}

/// A cohort being counted.
#[derive(Debug)]
struct Cohort {
    /// The number of its period.
    number: i64,
    customers: u64,
    cells: Vec<Cell>,
}

/// The customer at hand.
#[derive(Debug, Default)]
struct Customer {
    /// Whether there is anything up to the end of observation.
    is_seen: bool,
    /// Where the cohort stands, once there is an order.
    cohort: Option<usize>,
    first: First,
    /// Amounts before the first order.
    before: Sum,
    /// The age at the end of observation, and how many windows are over then.
    last_age: u64,
    over: u64,
    /// The age of the last entry, and from when on there is another.
    age: u64,
    next: i64,
    /// The time of the last order, and the age at it.
    last_order: Option<(i64, u64)>,
}

/// All cohorts.
pub struct Table<'a> {
    options: &'a Options,
    ages: Ages<'a>,
    cohorts: Vec<Cohort>,
    /// Where the cohort of a number stands.
    places: HashMap<i64, usize>,
    /// Cells of all cohorts: rows that there will be.
    rows: u64,
    customer: Customer,
    /// Customers with returns only, and what these amount to.
    returners: u64,
    returned: Sum,
}

impl<'a> Table<'a> {
    pub fn new(options: &'a Options, ages: Ages<'a>) -> Table<'a> {
        Table {
            options,
            ages,
            cohorts: Vec::new(),
            places: HashMap::new(),
            rows: 0,
            customer: Customer::default(),
            returners: 0,
            returned: Sum::default(),
        }
    }

    pub fn begin_customer(&mut self) {
        self.customer = Customer::default();
    }

    /// Adds an entry of the customer at hand, which follows those before.
    #[inline]
    pub fn add(&mut self, time: i64, amount: Amount, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.customer.is_seen = true;
        let is_order = !amount.is_negative();
        let place = match self.customer.cohort {
            Some(place) => place,
            None if is_order => self.first_order(time, checkpoint)?,
            None => {
                self.customer.before.add(amount);
                return Ok(());
            }
        };
        let customer = &mut self.customer;
        if time >= customer.next {
            // Where clocks go back, so would ages.
            let (age, next) = self.ages.age(&customer.first, time);
            customer.age = customer.age.max(age).min(customer.last_age);
            customer.next = next;
        }
        let age = customer.age;
        let last = if is_order {
            customer.last_order.replace((time, age))
        } else {
            customer.last_order
        };
        if self.options.max_age.is_some_and(|max_age| age > max_age) {
            return Ok(());
        }
        let cell = &mut self.cohorts[place].cells[age as usize];
        cell.revenue.add(amount);
        if is_order {
            // What did not add exactly is several entries, but one order.
            cell.orders += u64::from(last.is_none_or(|last| last.0 != time));
            if self.options.definition == Definition::On && last.is_none_or(|last| last.1 != age) {
                cell.active += 1;
                cell.observed_active += u64::from(age < customer.over);
            }
        }
        Ok(())
    }

    /// Puts the customer at hand into a cohort, and says where that stands.
    fn first_order(&mut self, time: i64, checkpoint: &mut dyn Checkpoint) -> Result<usize> {
        let first = self.ages.first(time);
        let place = match self.places.get(&first.cohort) {
            Some(&place) => place,
            None => self.new_cohort(first.cohort, checkpoint)?,
        };
        let shown = |ages: u64| match self.options.max_age {
            Some(max_age) => ages.min(max_age.saturating_add(1)),
            None => ages,
        };
        let (begun, over) = (self.ages.begun(&first), self.ages.over(&first));
        let last_age = begun - 1;
        let begun = shown(begun);
        let old = self.cohorts[place].cells.len() as u64;
        if begun > old {
            self.rows = self.rows.saturating_add(begun - old);
            if self.rows > self.options.row_limit {
                return Err(self.too_many());
            }
            // Later customers of a cohort may have an age or two more.
            let more = (begun - old).max(old / 8) as usize;
            let cells = &mut self.cohorts[place].cells;
            if cells.capacity() < begun as usize {
                grow(cells, more, checkpoint).map_err(advised)?;
            }
            cells.resize(begun as usize, Cell::default());
        }
        let cohort = &mut self.cohorts[place];
        cohort.customers += 1;
        if let Some(last) = shown(over).checked_sub(1) {
            cohort.cells[last as usize].observed += 1;
        }
        if let Some(cell) = cohort.cells.first_mut() {
            cell.revenue.add_sum(&self.customer.before);
        }
        self.customer = Customer {
            is_seen: true,
            cohort: Some(place),
            first,
            last_age,
            over,
            next: i64::MIN,
            ..Customer::default()
        };
        Ok(place)
    }

    fn new_cohort(&mut self, number: i64, checkpoint: &mut dyn Checkpoint) -> Result<usize> {
        let place = self.cohorts.len();
        if self.places.capacity() == self.places.len() {
            checkpoint.reserve((self.places.len() + 8) * 2 * size_of::<(i64, usize, u64)>())?;
            attempt(|| self.places.try_reserve(1))?;
        }
        let cohort = Cohort {
            number,
            customers: 0,
            cells: Vec::new(),
        };
        push(&mut self.cohorts, cohort, checkpoint)?;
        self.places.insert(number, place);
        Ok(place)
    }

    /// Counts what the last order of the customer at hand decides.
    pub fn end_customer(&mut self) {
        let customer = &self.customer;
        let (Some(place), Some((_, last))) = (customer.cohort, customer.last_order) else {
            if customer.is_seen {
                self.returners += 1;
                self.returned.add_sum(&customer.before);
            }
            return;
        };
        if self.options.definition == Definition::OnOrAfter {
            let cells = &mut self.cohorts[place].cells;
            let last = last.min(cells.len() as u64 - 1);
            cells[last as usize].active += 1;
            if let Some(observed) = customer.over.checked_sub(1) {
                cells[last.min(observed) as usize].observed_active += 1;
            }
        }
    }

    /// Visits all rows.
    pub fn rows(self, checkpoint: &mut dyn Checkpoint, visit: &mut dyn FnMut(&Row) -> Result<()>) -> Result<()> {
        let mut order = vec_from(self.cohorts.len(), 0..self.cohorts.len(), checkpoint)?;
        order.sort_unstable_by_key(|&place| self.cohorts[place].number);
        let mut done = 0;
        let mut cohorts = self.cohorts;
        for place in order {
            let cohort = &mut cohorts[place];
            let cells = std::mem::take(&mut cohort.cells);
            // Who is active or observed up to an age is so at all ages before it.
            let (mut active, mut observed_active) = (0, 0);
            let mut observed: u64 = cells.iter().map(|cell| cell.observed).sum();
            if self.options.definition == Definition::OnOrAfter {
                active = cells.iter().map(|cell| cell.active).sum();
                observed_active = cells.iter().map(|cell| cell.observed_active).sum();
            }
            let is_over = self.ages.is_over(cohort.number);
            for (age, cell) in (0..).zip(&cells) {
                if done % STRIDE == 0 {
                    checkpoint.pass("writing", done as usize, self.rows as usize)?;
                }
                done += 1;
                if self.options.definition == Definition::On {
                    (active, observed_active) = (cell.active, cell.observed_active);
                }
                let share = observed_active as f64 / observed as f64;
                let limits = self.options.confidence.wilson(observed_active, observed);
                visit(&Row {
                    cohort: Some(self.ages.begin(cohort.number)),
                    age,
                    customers: cohort.customers,
                    observed,
                    active,
                    observed_active,
                    orders: cell.orders,
                    revenue: cell.revenue.value()?,
                    complete: is_over && observed == cohort.customers,
                    rate: limits.map(|limits| (share, limits)),
                })?;
                observed -= cell.observed;
                if self.options.definition == Definition::OnOrAfter {
                    active -= cell.active;
                    observed_active -= cell.observed_active;
                }
            }
        }
        if self.returners > 0 {
            visit(&Row {
                cohort: None,
                age: 0,
                customers: self.returners,
                observed: self.returners,
                active: 0,
                observed_active: 0,
                orders: 0,
                revenue: self.returned.value()?,
                complete: true,
                rate: None,
            })?;
        }
        Ok(())
    }

    #[cold]
    fn too_many(&self) -> Error {
        Error::new(
            Kind::TooLarge,
            "there are more cohorts and ages than clientele.row_limit allows",
        )
        .detail(format!("There are more than {} rows.", self.options.row_limit))
        .hint("Pass max_age, or a longer period or length, or raise clientele.row_limit.")
    }
}

/// What makes the work smaller, where it takes too much memory.
#[cold]
fn advised(error: Error) -> Error {
    match (error.kind(), error.hint_text()) {
        (Kind::MemoryLimit, Some(hint)) => {
            let hint = format!("Pass max_age, or a longer period or length. {hint}");
            error.hint(hint)
        }
        _ => error,
    }
}
