"""`/api/v1/devices/import`: hand in a file of devices, look at its report, then register all of it or nothing."""

import csv
import io
import secrets
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from dashboard.auth.permissions import Account, Action
from dashboard.context import Web, WebParts, may
from dashboard.problem import ProblemError, not_found
from dashboard.queries.device_imports import FindingItem, ImportItem, ReportItem, import_by_id, move, open_import
from ingest.device_sheet import MAX_BYTES
from ingest.device_template import template

router = APIRouter(prefix="/devices/import", tags=["devices"])
Registrar = Annotated[Account, Depends(may(Action.REGISTER_DEVICE))]
Lang = Annotated[Literal["zh", "en"], Query(description="Of the headings.")]
FORM = 64 * 1024  # what a multipart form may have around its file, bytes
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}


@router.post(
    "", status_code=202, openapi_extra={"requestBody": {"content": {"multipart/form-data": {"schema": _FILE}}}}
)
async def hand_in(web: WebParts, account: Registrar, request: Request) -> ImportItem:
    """Hand in a CSV or XLSX in the field `file`: it is read and judged, and registered only by `apply`.

    At most 64 MiB and 500,000 rows. 411 without Content-Length, 413 when it is too large.
    """
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise ProblemError(411, "length-required", "Say how long the file is (Content-Length).")
    if int(length) > MAX_BYTES + FORM:
        raise ProblemError(413, "too-large", f"A file has at most {MAX_BYTES >> 20} MiB.")
    form = await request.form(max_files=1, max_fields=4)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ProblemError(422, "invalid", "The form has no field `file` with a file.")
    content, name = await file.read(MAX_BYTES + 1), (file.filename or "devices")[-200:]
    await form.close()
    return await run_in_threadpool(_open, web, account, name, content)


def _open(web: Web, account: Account, name: str, content: bytes) -> ImportItem:
    id_ = secrets.token_hex(8)
    with web.transaction() as cur:
        open_import(
            cur,
            id_=id_,
            actor=account.name,
            areas=sorted(account.areas),
            file_name=name.replace("\0", ""),
            content=content,
            now=web.clock(),
        )
    web.imports.wake()
    return _read(web, account, id_)


@router.get("/template.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def template_csv(_: Registrar, lang: Lang = "zh") -> Response:
    """Give a file to fill in, with headings and examples (lines that begin with #)."""
    text = io.StringIO()
    csv.writer(text).writerows(template(lang))
    return _download(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"devices-{lang}.csv")


@router.get("/template.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def template_xlsx(_: Registrar, lang: Lang = "zh") -> Response:
    """Give the same as a workbook, its columns of ids and names formatted as text."""
    from ingest.device_template import workbook

    return _download(workbook(lang), XLSX, f"devices-{lang}.xlsx")


@router.get("/{import_id}")
def get_import(web: WebParts, account: Registrar, import_id: str) -> ImportItem:
    """Tell how far an import is and what it came to."""
    return _read(web, account, import_id)


@router.get("/{import_id}/report.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def report_csv(web: WebParts, account: Registrar, import_id: str) -> Response:
    """Give the report as a table: line, column, value, what is wrong."""
    item = _read(web, account, import_id)
    text = io.StringIO()
    csv.writer(text).writerows(_table(item.report))
    return _download(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"report-{import_id}.csv")


@router.post("/{import_id}/apply", status_code=202)
def apply(web: WebParts, account: Registrar, import_id: str) -> ImportItem:
    """Register the devices of a file that was read and has no faults: all of them or, if it has faults now, none."""
    _step(web, account, import_id, "registering")
    web.imports.wake()
    return _read(web, account, import_id)


@router.post("/{import_id}/discard")
def discard(web: WebParts, account: Registrar, import_id: str) -> ImportItem:
    """Give up a file that was read."""
    _step(web, account, import_id, "discarded")
    return _read(web, account, import_id)


def _step(web: Web, account: Account, import_id: str, to: Literal["registering", "discarded"]) -> None:
    item = _read(web, account, import_id)
    with web.transaction() as cur:
        cur.execute("SELECT state FROM device_imports WHERE id = %s FOR UPDATE", (import_id,))
        if cur.fetchone() != ("ready",):
            more = {"current": item.model_dump(mode="json")}
            raise ProblemError(409, "stale-version", f"The file is not ready: {item.state}.", more=more)
        move(cur, import_id, to)


def _read(web: Web, account: Account, import_id: str) -> ImportItem:
    with web.transaction() as cur:
        found = import_by_id(cur, import_id)
    # What one of a few towns handed in is not for another of others.
    if found is None or (account.areas and found.actor != account.name):
        raise not_found(f"import {import_id}")
    return found


def _table(report: ReportItem | None) -> Iterator[list[str | int]]:
    yield ["行 line", "列 column", "值 value", "类别 class", "说明", "explanation"]
    if report is None:
        return
    for word, findings, total in (
        ("错误 fault", report.faults, report.faults_total),
        ("提示 doubt", report.doubts, report.doubts_total),
    ):
        for finding in findings:
            yield [finding.line, finding.column, _harmless(finding), word, finding.zh, finding.en]
        if total > len(findings):
            yield ["", "", "", word, f"另有 {total - len(findings)} 条", f"{total - len(findings)} more"]


def _harmless(finding: FindingItem) -> str:
    """Keep a spreadsheet from taking what somebody wrote into a cell for a formula."""
    return f"'{finding.value}" if finding.value[:1] in {"=", "+", "-", "@"} else finding.value


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
