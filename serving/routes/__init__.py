"""Routes: parse, call a use case, answer. Nothing is decided here."""

from fastapi import APIRouter

from serving.routes import (
    agreement,
    api,
    decisions,
    health,
    intake,
    letters,
    log_on,
    outcomes,
    oversight,
    page_capacity,
    page_case,
    page_help,
    page_inputs,
    page_intake,
    page_letters,
    page_list,
    page_model,
    page_oversight,
    page_planning,
    page_refer,
    page_requests,
    page_scenarios,
    page_work,
    persons,
    planning,
    planning_files,
    referrals,
)

# in the order of /docs; pages are not described there
_API = (api, decisions, referrals, persons, letters, outcomes, intake, oversight, agreement)
_LAST_API = (planning_files, planning, health)
_PAGES = (log_on, page_list, page_case, page_letters, page_intake)
_WORK_PAGES = (page_work, page_refer, page_requests, page_inputs)
_PLAN_PAGES = (page_planning, page_capacity, page_scenarios)
_MORE_PAGES = (page_oversight, page_model, page_help)


def list_routers() -> list[APIRouter]:
    """Return the routers of the whole service."""
    pages = (*_PAGES, *_WORK_PAGES, *_PLAN_PAGES, *_MORE_PAGES)
    return [module.router for module in (*_API, *_LAST_API, *pages)]
