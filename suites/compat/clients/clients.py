"""What a program does with Python's postgrest. URL, KEY and ENGINE are in the environment."""

import json
import os
import unittest
import urllib.request

from openapi_spec_validator import validate
from postgrest import APIError, CountMethod, SyncPostgrestClient

KEY = os.environ["KEY"]
client = SyncPostgrestClient(
    os.environ["URL"] + "/rest/v1", headers={"apikey": KEY, "Authorization": f"Bearer {KEY}"}
)


class Reads(unittest.TestCase):
    def test_rows_are_filtered_and_sorted(self):
        rows = client.from_("posts").select("id").gt("likes", 0).order("likes", desc=True).limit(2).execute()
        self.assertEqual(rows.data, [{"id": 3}, {"id": 5}])

    def test_values_with_commas_and_quotes_are_one_value(self):
        rows = client.from_("posts").select("id").in_("title", ["First, of all"]).execute()
        self.assertEqual(rows.data, [{"id": 1}])
        rows = client.from_("posts").select("id").eq("body", 'Long "text"').execute()
        self.assertEqual(rows.data, [{"id": 3}])

    def test_related_rows_come_with_a_row(self):
        row = client.from_("posts").select("title,people(name),tags(name)").eq("id", 3).single().execute()
        self.assertEqual(row.data, {"title": "Third", "people": {"name": "Bob"}, "tags": [{"name": "sql"}]})

    def test_rows_are_counted(self):
        rows = client.from_("posts").select("id", count=CountMethod.exact).range(0, 1).execute()
        self.assertEqual((len(rows.data), rows.count), (2, 5))

    def test_nobody_is_none(self):
        self.assertIsNone(client.from_("people").select("*").eq("id", 99).maybe_single().execute())
        with self.assertRaises(APIError) as caught:
            client.from_("people").select("*").single().execute()
        self.assertEqual(caught.exception.code, "PGRST116")

    def test_rows_come_as_text(self):
        text = client.from_("tags").select("name").order("id").csv().execute()
        self.assertEqual(text.data, "name\nnews\nrust\nsql")


class Writes(unittest.TestCase):
    def test_rows_are_inserted_changed_and_deleted(self):
        made = client.from_("people").insert({"name": "Gus"}).execute().data[0]
        changed = client.from_("people").update({"age": 9}).eq("id", made["id"]).execute()
        self.assertEqual(changed.data[0]["age"], 9)
        put = client.from_("people").upsert({"id": made["id"], "name": "Gus", "age": 10}).execute()
        self.assertEqual(put.data[0]["age"], 10)
        gone = client.from_("people").delete().eq("id", made["id"]).execute()
        self.assertEqual([row["name"] for row in gone.data], ["Gus"])

    def test_an_error_has_its_code(self):
        with self.assertRaises(APIError) as caught:
            client.from_("tags").insert({"id": 1, "name": "again"}).execute()
        self.assertEqual(caught.exception.code, "23505")


class Documents(unittest.TestCase):
    def document(self, path, key):
        asked = urllib.request.Request(f"{os.environ['URL']}/rest/v1/{path}", headers={"apikey": key})
        with urllib.request.urlopen(asked) as answer:
            document = json.load(answer)
        validate(document)
        return document

    def test_what_generators_of_clients_read_is_valid(self):
        # The older form tells a default as it is written, also where that is no value: an app sees none such.
        self.assertEqual(self.document("", os.environ["GUEST_KEY"])["swagger"], "2.0")
        self.assertEqual(self.document("openapi.json", KEY)["openapi"], "3.1.0")


@unittest.skipUnless(os.environ["ENGINE"] == "postgres", "only PostgreSQL has functions here")
class Calls(unittest.TestCase):
    def test_functions_are_called_by_name(self):
        self.assertEqual(client.rpc("add", {"a": 2, "b": 3}).execute().data, 5)
        rows = client.rpc("posts_of", {"person": 2}).select("title").execute()
        self.assertEqual(rows.data, [{"title": "Third"}, {"title": "Fourth"}])


if __name__ == "__main__":
    unittest.main()
