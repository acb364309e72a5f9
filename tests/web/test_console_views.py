"""Views of the board: saved filters, who may change them, and what a board begins with."""

from __future__ import annotations

import re
from html import unescape

from tests.web.browser import Browser, SignedIn, text_of


async def save(browser: Browser, query: str, name: str, **more: str) -> str:
    """Saves a view from the board, and returns the page that follows."""
    board = (await browser.get(f"/?{query}")).text
    [address] = re.findall(r'href="(/views\?query=[^"]*)">Save this view', board)
    return (await browser.submit(unescape(address), {"name": name, **more}, "/views")).text


def ids(page: str) -> dict[str, str]:
    """The views that a page offers to change: names and IDs."""
    found = re.findall(r'action="/views/(\d+)" class="question">.*?name="name" type="text" value="([^"]*)"', page, re.S)
    return {name: number for number, name in found}


async def test_filters_are_saved_with_their_order(specialist: Browser) -> None:
    page = await save(specialist, "stage=invitation&sort=-since&after=x", "Invited  long ago")
    assert "The view Invited long ago is saved." in text_of(page)
    [(query, name)] = re.findall(r'class="view chip on" href="/\?([^"]*)" aria-current="true">([^<]*)<', page)[:1]
    assert (unescape(query), name) == ("stage=invitation&sort=-since", "Invited long ago")
    assert "Stage: Invitation from DataPoint. Sorted by: time in the stage, reversed." in text_of(
        (await specialist.get("/views")).text
    )
    await save(specialist, "sla=breached", "Invited long ago")
    again = (await specialist.get("/views")).text
    assert len(ids(again)) == 1 and "Deadline: Overdue." in text_of(again), "the same name replaces it"
    refused = await specialist.submit("/views?query=q%3Dx", {"name": " "}, "/views")
    assert refused.status_code == 422 and "Give the view a name" in text_of(refused.text)


async def test_a_shared_view_is_changed_by_its_author_and_managers(signed_in: SignedIn) -> None:
    author, colleague, manager = await signed_in("viewer"), await signed_in("specialist"), await signed_in("manager")
    await save(author, "sla=paused", f"Own {author.handle}")
    await save(author, "sla=none", f"Ours {author.handle}", shared="yes")
    saved = ids((await author.get("/views")).text)
    own, ours = saved[f"Own {author.handle}"], saved[f"Ours {author.handle}"]
    for other in (colleague, manager):
        page = (await other.get("/views")).text
        assert f"Own {author.handle}" not in page and f"Ours {author.handle}" in page
        csrf = {"csrf": await other.token()}
        assert (await other.client.post(f"/views/{own}/delete", data=csrf)).status_code == 422
    refused = await colleague.client.post(f"/views/{ours}", data={"csrf": await colleague.token(), "name": "Mine now"})
    assert refused.status_code == 422 and "managers can change this view" in text_of(refused.text)
    taken = await author.submit("/views", {"name": f"Own {author.handle}"}, f"/views/{ours}")
    assert taken.status_code == 422 and f"another view with the name Own {author.handle}" in text_of(taken.text)
    changed = await manager.submit("/views", {"name": f"Renamed {author.handle}", "shared": "yes"}, f"/views/{ours}")
    assert "The view is changed." in text_of(changed.text)
    assert f"Renamed {author.handle}" in (await colleague.get("/")).text


async def test_a_board_begins_with_what_was_chosen_and_all_is_a_link_away(signed_in: SignedIn) -> None:
    author, reader = await signed_in("specialist"), await signed_in("specialist")
    await save(author, "stage=call", f"Calls {author.handle}", shared="yes")
    number = ids((await author.get("/views")).text)[f"Calls {author.handle}"]
    for default, query in ((number, "stage=call"), ("mine", "assignee=me")):
        await reader.submit("/views", {"default": default}, "/views/default")
        opened = await reader.get("/")
        assert opened.url.query.decode() == query
        everything = await reader.get("/?view=all")
        assert everything.url.query.decode() == "view=all"
        assert '<input type="hidden" name="view" value="all">' in everything.text, "emptied filters show all"
    await reader.submit("/views", {"default": number}, "/views/default")
    await author.submit("/views", {}, f"/views/{number}/delete")
    assert (await reader.get("/")).url.query == b"", "a view that is gone leaves the whole board"
    gone = await reader.client.post("/views/default", data={"csrf": await reader.token(), "default": number})
    assert gone.status_code == 422
