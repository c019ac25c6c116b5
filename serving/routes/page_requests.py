"""What the person asks, on the page of a case: objection, correction, access."""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
