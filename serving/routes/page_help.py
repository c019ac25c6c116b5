"""What the number means and does not mean."""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
