"""The pharmacy's own colors as a style sheet, because pages carry no styles of their own."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from templates.colors import lighter, text_color
from web.services import Web

router = APIRouter()


@router.get("/brand.css")
async def brand(web: Web) -> Response:
    own = web.settings.brand
    names = {
        "--brand": own.color,
        "--brand-ink": text_color(own.color),
        "--brand-light": lighter(own.color),
        "--accent": own.accent_color,
        "--accent-ink": text_color(own.accent_color),
    }
    text = ":root{" + "".join(f"{name}:{color};" for name, color in names.items()) + "}\n"
    return Response(text, media_type="text/css", headers={"Cache-Control": "public, max-age=300"})
