"""Letters for the person and for VDAB, as PDF."""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
