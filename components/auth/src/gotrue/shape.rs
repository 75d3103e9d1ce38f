//! Users, identities, factors and sessions as clients expect them.

use crate::home::Row;
use crate::people::User;
use mag_contract::Timestamp;
use serde_json::{Map, Value as Json, json};

pub(crate) fn user(user: &User) -> Json {
    let row = &user.row;
    let mut told = Map::new();
    let mut put = |name: &str, value: Json| {
        told.insert(name.to_owned(), value);
    };
    put("id", user.id.to_string().into());
    put("aud", row.words("aud").into());
    put("role", row.words("role").into());
    put("email", row.words("email").into());
    for column in ["email_confirmed_at", "invited_at"] {
        put_time(&mut put, row, column);
    }
    put("phone", row.words("phone").into());
    for column in ["phone_confirmed_at", "confirmation_sent_at"] {
        put_time(&mut put, row, column);
    }
    let confirmed = [row.time("email_confirmed_at"), row.time("phone_confirmed_at")];
    if let Some(first) = confirmed.into_iter().flatten().min() {
        put("confirmed_at", json!(first));
    }
    put_time(&mut put, row, "recovery_sent_at");
    put_words(&mut put, row, "email_change", "new_email");
    put_time(&mut put, row, "email_change_sent_at");
    put_words(&mut put, row, "phone_change", "new_phone");
    for column in ["phone_change_sent_at", "reauthentication_sent_at", "last_sign_in_at"] {
        put_time(&mut put, row, column);
    }
    put("app_metadata", Json::Object(row.object("raw_app_meta_data")));
    put("user_metadata", Json::Object(row.object("raw_user_meta_data")));
    if !user.factors.is_empty() {
        put("factors", user.factors.iter().map(factor).collect());
    }
    put("identities", user.identities.iter().map(identity).collect());
    put("created_at", time(row, "created_at"));
    put("updated_at", time(row, "updated_at"));
    for column in ["banned_until", "deleted_at"] {
        put_time(&mut put, row, column);
    }
    put("is_anonymous", row.flag("is_anonymous").into());
    Json::Object(told)
}

fn put_time(put: &mut impl FnMut(&str, Json), row: &Row, column: &str) {
    if let Some(at) = row.time(column) {
        put(column, json!(at));
    }
}

fn put_words(put: &mut impl FnMut(&str, Json), row: &Row, column: &str, name: &str) {
    if let Some(words) = row.text(column).filter(|words| !words.is_empty()) {
        put(name, words.into());
    }
}

fn time(row: &Row, column: &str) -> Json {
    json!(row.time(column).unwrap_or(Timestamp(0)))
}

pub(crate) fn identity(row: &Row) -> Json {
    let mut told = json!({
        "identity_id": row.words("id"),
        "id": row.words("provider_id"),
        "user_id": row.words("user_id"),
        "identity_data": row.object("identity_data"),
        "provider": row.words("provider"),
        "last_sign_in_at": time(row, "last_sign_in_at"),
        "created_at": time(row, "created_at"),
        "updated_at": time(row, "updated_at"),
    });
    if let Some(email) = row.text("email") {
        told["email"] = email.into();
    }
    told
}

pub(crate) fn factor(row: &Row) -> Json {
    let mut told = json!({
        "id": row.words("id"),
        "created_at": time(row, "created_at"),
        "updated_at": time(row, "updated_at"),
        "status": row.words("status"),
    });
    if let Some(name) = row.text("friendly_name").filter(|name| !name.is_empty()) {
        told["friendly_name"] = name.into();
    }
    told["factor_type"] = row.words("factor_type").into();
    told
}
