"""The page of watching, and what Prometheus reads of it."""

from serving.wording import EN_DASH
from tests.monitor_reports import keep_report
from tests.running_service import Service


def test_the_page_begins_with_what_needs_attention(filled: Service) -> None:
    keep_report(filled, alarmed=True)
    filled.client.cookies.clear()
    filled.log_on("dataspecialist")

    page = filled.client.get("/model/bewaking").text

    assert "Alarm bij de invoer, ontbrekende gegevens" in page
    assert page.index("Wat aandacht vraagt") < page.index("De invoer")
    assert "Werkvermogen (0-10): ontbreekt" in page
    assert "Voorstel: Onzeker: eerst meer weten" in page
    assert "C-00" not in page


def test_the_page_tells_what_estimates_turned_out_to_be_and_of_how_many_checks_it_judges(
    filled: Service,
) -> None:
    made = keep_report(filled, alarmed=True)
    filled.client.cookies.clear()
    filled.log_on("dataspecialist")

    page = filled.client.get("/model/bewaking").text

    assert f"over de {made.judged} controles die te beoordelen waren. " in page
    assert f"{len(made.checks) - made.judged} waren dat niet" in page
    assert "0,214" in page
    assert f"(0,209{EN_DASH}0,219; verwacht 0,206)" in page
    assert "ten onrechte &#34;eigen weg&#34;: 8,1 op 100" in page
    assert "niemand van vroeger in deze groep om mee te vergelijken" in page


def test_who_may_not_watch_sees_neither_page_nor_link(pages: Service) -> None:
    refused = pages.client.get("/model/bewaking")
    model = pages.client.get("/model").text

    assert refused.status_code == 403
    assert "/model/bewaking" not in model


def test_who_is_of_one_fund_reads_no_report_about_all(filled: Service) -> None:
    keep_report(filled)
    filled.client.cookies.clear()
    with filled.store.writing() as connection:
        connection.exec_driver_sql(
            "update users set sickness_fund = 'fonds-a' where user_key = 'auditor'"
        )
    filled.log_on("auditor")

    page = filled.client.get("/model/bewaking").text

    assert "Nog geen rapport" in page
    with filled.store.writing() as connection:
        connection.exec_driver_sql("update users set sickness_fund = null where role = 'auditor'")


def test_metrics_tell_of_the_last_run_by_kind(filled: Service) -> None:
    keep_report(filled, alarmed=True)

    told = filled.client.get("/metrics").text

    assert 'kantelpunt_monitor_checks{kind="input",verdict="alarm"} 1.0' in told
    assert 'kantelpunt_monitor_checks{kind="agreement",verdict="watch"} 1.0' in told
    assert "kantelpunt_monitor_last_run_timestamp_seconds 1.77" in told
