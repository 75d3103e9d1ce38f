//! All advisors, one file each, in the order of the guide.

mod anonymous_writes;
mod auth_per_row;
mod awkward_name;
mod cascade_without_not_null;
mod char_n;
mod definer_function_open;
mod duplicate_index;
mod extension_in_public;
mod float_money;
mod foreign_key_type;
mod foreign_key_without_index;
mod foreign_table_in_api;
mod json_not_jsonb;
mod key_near_end;
mod key_takes_null;
mod materialized_view_in_api;
mod money_type;
mod mutable_search_path;
mod no_primary_key;
mod not_strict;
mod nullable_unique;
mod number_reuse;
mod policies_without_row_security;
mod policy_always_true;
mod policy_by_own_data;
mod redundant_index;
mod row_security_off;
mod row_security_without_policy;
mod security_definer_view;
mod sensitive_column;
mod serial_column;
mod several_permissive;
mod text_key_with_rowid;
mod timestamp_without_zone;
mod unbounded_table;
mod unused_index;

use crate::advisor::Advisor;

pub const ADVISORS: &[Advisor] = &[
    no_primary_key::ADVISOR,
    foreign_key_without_index::ADVISOR,
    duplicate_index::ADVISOR,
    redundant_index::ADVISOR,
    unused_index::ADVISOR,
    nullable_unique::ADVISOR,
    cascade_without_not_null::ADVISOR,
    unbounded_table::ADVISOR,
    awkward_name::ADVISOR,
    foreign_key_type::ADVISOR,
    char_n::ADVISOR,
    money_type::ADVISOR,
    timestamp_without_zone::ADVISOR,
    serial_column::ADVISOR,
    json_not_jsonb::ADVISOR,
    key_near_end::ADVISOR,
    float_money::ADVISOR,
    row_security_off::ADVISOR,
    policies_without_row_security::ADVISOR,
    row_security_without_policy::ADVISOR,
    policy_always_true::ADVISOR,
    anonymous_writes::ADVISOR,
    sensitive_column::ADVISOR,
    security_definer_view::ADVISOR,
    mutable_search_path::ADVISOR,
    definer_function_open::ADVISOR,
    auth_per_row::ADVISOR,
    several_permissive::ADVISOR,
    policy_by_own_data::ADVISOR,
    extension_in_public::ADVISOR,
    materialized_view_in_api::ADVISOR,
    foreign_table_in_api::ADVISOR,
    not_strict::ADVISOR,
    number_reuse::ADVISOR,
    key_takes_null::ADVISOR,
    text_key_with_rowid::ADVISOR,
];
