"""The pages of the auditor: the log and the agreement."""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
