//! What each type of argument and result is called in SQL. A test compares this with what the SQL declares.

use super::aggregate::{Other, Restored, State, Transition, Unused};
use super::array::{Givens, MadeNumbers, Numbers, Texts};
use super::call::Call;
use super::decoded::{Decode, Decoded};
use super::keys::{KeyArray, LooseKeyArray};
use super::options::Options;
use super::planner::{Answer, Request};
use super::record::Record;
use super::rows::RowSet;
use super::text::{Json, Text};
use super::time::{Interval, Timestamp};
use super::value::{ArrayName, Given, Made, MadeText, Received, TypeName};
use clientele_core::mergeable::Mergeable;
use pgrx::impl_sql_translatable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};

type Argument = Result<SqlMappingRef, ArgumentError>;
type Returns = Result<ReturnsRef, ReturnsError>;

const fn argument(sql: &'static str) -> Argument {
    Ok(SqlMappingRef::literal(sql))
}

const fn result(sql: &'static str) -> Returns {
    Ok(ReturnsRef::One(SqlMappingRef::literal(sql)))
}

impl_sql_translatable!(Interval, arg_only = "interval");
impl_sql_translatable!(MadeNumbers<'_>, "double precision[]");
impl_sql_translatable!(MadeText<'_>, "cstring");
impl_sql_translatable!(Numbers<'_>, arg_only = "double precision[]");
impl_sql_translatable!(Answer, "internal");
impl_sql_translatable!(Request<'_>, arg_only = "internal");
impl_sql_translatable!(Received<'_>, arg_only = "internal");
impl_sql_translatable!(Json<'_>, arg_only = "jsonb");
impl_sql_translatable!(Text<'_>, arg_only = "text");
impl_sql_translatable!(Texts, arg_only = "text[]");
impl_sql_translatable!(Timestamp, arg_only = "timestamp");
impl_sql_translatable!(Unused, arg_only = "internal");
impl_sql_translatable!(KeyArray, arg_only = "anycompatiblearray");
impl_sql_translatable!(LooseKeyArray, arg_only = "\"any\"");

// SAFETY: values of the type `T` come in as they are stored.
unsafe impl<T: TypeName> SqlTranslatable for Given<'_, T> {
    const TYPE_IDENT: &'static str = T::NAME;
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = argument(T::NAME);
    const RETURN_SQL: Returns = Err(ReturnsError::Datum);
}

// SAFETY: as above, as elements of an array.
unsafe impl<T: ArrayName> SqlTranslatable for Givens<'_, T> {
    const TYPE_IDENT: &'static str = T::ARRAY_NAME;
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = argument(T::ARRAY_NAME);
    const RETURN_SQL: Returns = Err(ReturnsError::Datum);
}

// SAFETY: as above.
unsafe impl<T: Decode> SqlTranslatable for Decoded<'_, T> {
    const TYPE_IDENT: &'static str = T::NAME;
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = argument(T::NAME);
    const RETURN_SQL: Returns = Err(ReturnsError::Datum);
}

// SAFETY: values of the type `T` go out as they are stored.
unsafe impl<T: TypeName> SqlTranslatable for Made<'_, T> {
    const TYPE_IDENT: &'static str = T::NAME;
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = Err(ArgumentError::Datum);
    const RETURN_SQL: Returns = result(T::NAME);
}

// SAFETY: the fields are compared with those of the type `T` in every call.
unsafe impl<T: TypeName> SqlTranslatable for Record<'_, T> {
    const TYPE_IDENT: &'static str = T::NAME;
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = Err(ArgumentError::Datum);
    const RETURN_SQL: Returns = result(T::NAME);
}

// SAFETY: states go in and out as bare pointers.
unsafe impl<S: Mergeable> SqlTranslatable for State<'_, S> {
    const TYPE_IDENT: &'static str = "internal";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = argument("internal");
    const RETURN_SQL: Returns = result("internal");
}

// SAFETY: as above.
unsafe impl<S: Mergeable> SqlTranslatable for Other<'_, S> {
    const TYPE_IDENT: &'static str = "internal";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = argument("internal");
    const RETURN_SQL: Returns = Err(ReturnsError::Datum);
}

// SAFETY: as above.
unsafe impl<S: Mergeable> SqlTranslatable for Restored<'_, S> {
    const TYPE_IDENT: &'static str = "internal";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = Err(ArgumentError::Datum);
    const RETURN_SQL: Returns = result("internal");
}

// SAFETY: SQL does not see it.
unsafe impl SqlTranslatable for Call<'_> {
    const TYPE_IDENT: &'static str = "call";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = Ok(SqlMappingRef::Skip);
    const RETURN_SQL: Returns = Err(ReturnsError::Datum);
}

// SAFETY: SQL does not see it; what options are is looked up in the call.
unsafe impl SqlTranslatable for Options<'_> {
    const TYPE_IDENT: &'static str = "options";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = Ok(SqlMappingRef::Skip);
    const RETURN_SQL: Returns = Err(ReturnsError::Datum);
}

// SAFETY: the first argument that SQL declares is the state; what the others are is looked up in the call.
unsafe impl<S: Mergeable> SqlTranslatable for Transition<'_, S> {
    const TYPE_IDENT: &'static str = "transition";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = Ok(SqlMappingRef::Skip);
    const RETURN_SQL: Returns = Err(ReturnsError::Datum);
}

// SAFETY: the columns are compared with the declared ones in every call.
unsafe impl SqlTranslatable for RowSet<'_> {
    const TYPE_IDENT: &'static str = "record";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Argument = Err(ArgumentError::Datum);
    const RETURN_SQL: Returns = Ok(ReturnsRef::SetOf(SqlMappingRef::literal("record")));
}
