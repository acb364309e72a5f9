"""A simulator of ezyVet's API for an external pharmacy, strict where ezyVet is silent.

It answers over real HTTP under `/v1/`, for as many practices' sites as are seeded over `/control`, and makes every
mistake of a network or a server on command (`control.py`, `faults.py`). What ezyVet's pages say is OFFICIAL; what
others' programs that call it show is FIELD; the rest is a GUESS, to be confirmed in ezyVet's sandbox. Numbers are the
sections of `ezyvet-api.md`, the facts that it was built from.

| Rule | Source | Module |
|---|---|---|
| A token is asked for with six fields as JSON, `site_uid` among them | OFFICIAL, 1 | tokens |
| It is a JWT for 12 hours; `expires_in` says something else | OFFICIAL, 1 | tokens |
| A new token ends the one before of the same credentials | OFFICIAL but old, 1 | tokens |
| Scopes are separated by commas or spaces | FIELD, 1 | tokens |
| Whatever is wrong with the request for a token is 401 | GUESS, 10 | tokens |
| A trial that ended answers 404 | OFFICIAL, 1 | tokens |
| Access that the practice took back answers 401, for tokens as well | GUESS | tokens |
| A missing scope is 403 | FIELD, 2 | tokens |
| 60 calls a minute of an endpoint, 180 of a database, else 429 | FIELD, 2 | limits |
| The minute slides; refused calls take no place; POST, PATCH and DELETE share one endpoint | GUESS, 11 | limits |
| Requests for tokens count like calls | GUESS | simulator |
| 429 says "Too many requests recently" and "N seconds" | FIELD, 2 | errors |
| 429 has the header `x-ratelimit-reset: N` | GUESS, 10 | envelope |
| Filters by equality and by eq, neq, gt, lt, gte, lte, like, in; all must hold | OFFICIAL, 2 | filters |
| A filter by an unknown field or comparator is 400; `like` knows `%` and `_` | GUESS | filters |
| `page` from 1, `limit` 10 unless given; totals in `meta`; no pages for nothing | FIELD, 2 | filters, envelope |
| `limit` is at most 200, beyond it 400 | GUESS, 10 | filters |
| Every value of v1 is text; none is `""` | FIELD, 2 | resources |
| Which fields each resource has | GUESS, 10 | resources |
| Errors are messages of level `error`; `fields` is `[]` or an object | OFFICIAL, 2 | envelope |
| 400, 404, 405 and 422 for which errors | GUESS | errors |
| Before 44.4 errors of externalprescription answer 200 (`old_mode`) | OFFICIAL, 3 | simulator |
| In the old mode 401, 403 and 429 keep their status | GUESS | simulator |
| `items` of the answer is empty; the uid stands in `messages[].fields.prescription_uid` | OFFICIAL, 3 | envelope |
| Names and types of the fields of a prescription | OFFICIAL, 3 | body |
| Fields that are not known are refused; which are required; limits of values | GUESS | body |
| `external_product_reference` is unique within a prescription | GUESS, 11 | body |
| `total_price` is the sum of the prices of the items | GUESS, 10 | prescriptions |
| Animal, contact and consult exist, are active and belong together; the animal lives | GUESS, 4 | prescriptions |
| Only vet users prescribe | OFFICIAL that they should, GUESS that others are refused | prescriptions |
| A disabled user may stay, and an active one may follow, on an update | OFFICIAL, 3 (44.4) | prescriptions |
| POST carries no `status` and no `status_date` | OFFICIAL, 3 (43.8) | prescriptions |
| `date_of_lastdispense` makes CURRENT, on POST and PATCH; else POST makes PENDING | OFFICIAL, 11 and 3 | statuses |
| PATCH sets only DECLINED_* (from PENDING or none) and CANCELLED_* (from CURRENT) | OFFICIAL, 3 (43.8) | statuses |
| These need a numeric `status_date` | OFFICIAL, 3 (43.8) | statuses |
| Nothing leads out of them | GUESS, 3 | statuses |
| A dispense moves `status_date` only if the status changes or one is given | GUESS | statuses |
| Without any status, an item of a PATCH needs `date_of_lastdispense` | OFFICIAL, 3 (43.8) | prescriptions |
| The date of the whole fills items that have none of their own | OFFICIAL, 3; of the body only: GUESS | statuses |
| PATCH ignores `date_of_prescription` | OFFICIAL, 3 (43.9) | prescriptions |
| PATCH and DELETE are at `/externalprescription/UID`; items left out stay | GUESS, 10 | simulator |
| DELETE makes a prescription and its items inactive; again, or a PATCH of it, is 404 | GUESS, 10 | prescriptions |
| A second POST with the same `external_reference` makes a second prescription | GUESS, 3 | prescriptions |
| Each product becomes one of ezyVet's, in a group named after the partner | OFFICIAL, 3 | prescriptions |
| The same reference with another name becomes another product | GUESS, 3 | prescriptions |
| Vets see no word for CURRENT | OFFICIAL, 11 | medications |
| Days are those of the practice's time zone | GUESS, 3 | medications |
"""
