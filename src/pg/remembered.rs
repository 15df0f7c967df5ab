//! What is remembered from one call of a function to the next: values of any type, by the argument that they belong to.
//!
//! Nothing here needs PostgreSQL, so that a test includes this file.

use std::any::Any;
use std::rc::Rc;

/// Values by argument and type: one of each type for each argument.
#[derive(Default)]
pub(super) struct Remembered(Vec<(usize, Rc<dyn Any>)>);

impl Remembered {
    /// The value of type `V` for an argument, if there is one. It stays where it is as long as this does.
    #[inline]
    pub(super) fn find<V: 'static>(&self, argument: usize) -> Option<&V> {
        let of_argument = self.0.iter().filter(|(of, _)| *of == argument);
        of_argument.into_iter().find_map(|(_, value)| value.downcast_ref())
    }

    /// Remembers a value for an argument, which has none of this type yet.
    pub(super) fn add<V: 'static>(&mut self, argument: usize, value: V) {
        self.0.push((argument, Rc::new(value)));
    }
}
