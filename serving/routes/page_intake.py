"""The page on which a file of cases is brought in."""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
