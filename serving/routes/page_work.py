"""What is done on the page of a case: estimate, decide, record consent, refer."""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
