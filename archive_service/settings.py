"""All configuration in one typed class; the only reader of the environment.

Every setting is an environment variable `ARCHIVE_<NAME>`, also read from a `.env` file. docs/settings.md lists them.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class Settings(BaseSettings):
    """What can be configured, with defaults that run a county on one machine."""

    model_config = SettingsConfigDict(env_prefix="ARCHIVE_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(Path("archive-data"), description="Folder that holds all data.")
    database_url: str = Field("", description="SQLAlchemy address; empty means SQLite in the home folder.")
    broker_url: str = Field("", description="Celery broker; empty means the embedded worker polls the job rows.")
    search_engine: Literal["tantivy", "whoosh", "opensearch"] = Field(
        "tantivy", description="Engine of the full-text index."
    )
    language: Literal["zh", "en"] = Field("zh", description="Language of pages for people who chose none.")

    store: Literal["files", "s3"] = Field("files", description="Where objects are kept.")
    s3_endpoint: str = Field("", description="Host and port of the S3 server.")
    s3_access_key: SecretStr = Field(SecretStr(""), description="Access key of the S3 server.")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="Secret key of the S3 server.")
    s3_bucket: str = Field("archive", description="Bucket that holds the objects.")
    s3_region: str = Field("us-east-1", description="Region of the bucket; most servers of one's own know only this.")
    s3_secure: bool = Field(True, description="Speak TLS to the S3 server.")
    s3_timeout_s: float = Field(30, description="Seconds to wait for the S3 server.")

    encryption_key_file: str = Field(
        "", description="File with the keys that wrap those of encrypted objects; empty means nothing is encrypted."
    )
    lock_span_days: int = Field(
        365, ge=2, description="Days for which S3 locks objects whose records come due on no day yet; renewed at half."
    )
    paper_rules_file: str = Field(
        "",
        description="Rules by which S3 locks papers of the archive itself, as YAML; empty means those of the package.",
    )
    disk_reserve_mb: int = Field(
        256,
        ge=0,
        description="MiB of disk kept free for the audit trail: below it no new files are stored; reading still works.",
    )
    second_store: str = Field(
        "", description="Second copy of every object: a folder, or `s3://bucket`; empty means there is none."
    )
    second_s3_endpoint: str = Field("", description="Host and port of the S3 server of the second copy.")
    second_s3_access_key: SecretStr = Field(SecretStr(""), description="Access key of that server.")
    second_s3_secret_key: SecretStr = Field(SecretStr(""), description="Secret key of that server.")
    second_s3_region: str = Field("us-east-1", description="Region of the bucket of the second copy.")
    second_s3_secure: bool = Field(True, description="Speak TLS to the S3 server of the second copy.")
    fixity_bytes_a_day: int = Field(
        51200 * MIB, ge=0, description="Bytes that are read back a day to see that nothing changed; 0 means none."
    )
    fixity_every_days: int = Field(90, ge=1, description="Days after which an object is read back again.")

    opensearch_url: str = Field("", description="Addresses of the search server's nodes, parted by commas.")
    opensearch_user: str = Field("", description="User at the search server; empty means none is asked for.")
    opensearch_password: SecretStr = Field(SecretStr(""), description="Password at the search server.")
    opensearch_ca_file: str = Field("", description="Certificates that vouch for the search server.")
    opensearch_verify: bool = Field(True, description="Check the certificate of the search server.")
    opensearch_prefix: str = Field(
        "archive", pattern=r"^[a-z][a-z0-9-]{0,39}$", description="Begins the names of this archive's indices."
    )
    opensearch_shards: int = Field(1, ge=1, le=1024, description="Parts an index is split into when it is made.")
    opensearch_replicas: int = Field(0, ge=0, le=10, description="Copies of each part on other nodes.")
    opensearch_timeout_s: float = Field(20, gt=0, description="Seconds to wait for the search server.")

    account_no_pattern: str = Field(r"\d{10}|\d{13}", description="Regular expression of account numbers.")
    application_no_pattern: str = Field(
        r"[0-9A-Z][0-9A-Z-]{5,23}", description="Regular expression of application numbers."
    )
    disposal_waiting_days: int = Field(
        30, ge=0, description="Days between the approval of a disposal and its execution."
    )
    backup_kept_days: int = Field(
        90, ge=0, description="Days for which backups are kept; so long they may hold what was destroyed."
    )
    filing_due_workdays: int = Field(3, ge=0, description="Working days from energisation until a case must be filed.")

    subject_answer_workdays: int = Field(
        15, ge=1, le=60, description="Working days within which a request about personal information is answered."
    )

    workers: int = Field(0, ge=0, description="Worker processes of the embedded mode; 0 means one a processor.")
    lease_s: float = Field(60, gt=0, description="Seconds a worker may hold a job without a sign of life.")
    job_limit_s: float = Field(
        4 * 3600, gt=0, description="Seconds a job may take behind a broker before it is stopped and tried again."
    )
    jobs_kept_days: int = Field(90, ge=1, description="Days after which jobs that ended well are removed.")

    ocr_engine: Literal["rapidocr", "tesseract"] = Field("rapidocr", description="Engine that reads pages.")
    ocr_runtime: Literal["auto", "openvino", "onnxruntime"] = Field(
        "auto", description="Inference runtime of RapidOCR."
    )
    render_dpi: int = Field(200, ge=72, le=600, description="Dots per inch at which pages are rendered.")
    file_type_threshold: float = Field(
        0.85, ge=0, le=1, description="Least confidence of a document type filed without a person."
    )
    file_match_threshold: float = Field(
        0.9, ge=0, le=1, description="Least confidence of a household match filed without a person."
    )

    quality_dpi: int = Field(200, ge=72, le=1200, description="Least resolution of a scan, dots per inch.")
    quality_lean_deg: float = Field(3.0, gt=0, le=8, description="Degrees by which a page may lean.")
    quality_blur: float = Field(
        0.09, gt=0, le=1, description="How far the edges of strokes may spread, as a share of the height of the text."
    )
    quality_border_mm: float = Field(2.0, gt=0, description="Width of dark borders that is still accepted, in mm.")
    quality_contrast: float = Field(0.3, ge=0, lt=1, description="Least contrast between print and paper, from 0 to 1.")
    quality_brightness: int = Field(90, ge=0, le=255, description="Least brightness of the paper, from 0 to 255.")
    quality_sample_rate: float = Field(
        0.05, ge=0, le=1, description="Share of the pages of a batch that a person inspects for its quality sheet."
    )
    quality_sample_pages: int = Field(30, ge=1, description="Fewest pages inspected of a batch that has so many.")

    review_claim_minutes: float = Field(
        5,
        gt=0,
        description="Minutes that a scan stays with the person who opened it on the desk, without a sign of life.",
    )

    max_upload_bytes: int = Field(500 * MIB, description="Largest file accepted.")
    max_pages: int = Field(5000, description="Most pages of one file.")
    max_image_pixels: int = Field(200_000_000, description="Most pixels of one image file.")
    max_render_pixels: int = Field(
        40_000_000, description="Most pixels a page is rendered to; larger pages are scaled down."
    )
    max_zip_members: int = Field(2000, description="Most members of one ZIP file.")
    max_unpacked_bytes: int = Field(2048 * MIB, description="Most bytes a ZIP file may unpack to.")
    max_zip_ratio: int = Field(100, description="Highest compression ratio of a ZIP member above 10 MiB.")
    sandbox_memory_bytes: int = Field(1536 * MIB, description="Memory of a child process that opens a file.")
    sandbox_page_s: float = Field(20, description="Seconds a child process may spend on one page.")
    sandbox_file_s: float = Field(120, description="Seconds a child process may spend on opening one file.")

    log_file: str = Field("", description="File for log lines, shared by all processes; empty means standard error.")
    log_max_bytes: int = Field(50 * MIB, ge=0, description="Size at which the log file is rotated; 0 means never.")
    log_kept: int = Field(10, ge=1, description="Rotated log files that are kept.")
    log_json: bool = Field(False, description="Write log lines as JSON.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("WARNING", description="Least level of log lines.")
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token that `/metrics` asks for; empty means: only from this machine."
    )

    requests_a_minute: int = Field(
        6000, ge=0, description="Requests a minute of one session, token or address and process; 0 means no limit."
    )
    upload_bytes_a_day: int = Field(
        102400 * MIB, ge=0, description="Bytes that one person may hand in within a day; 0 means no limit."
    )

    trusted_proxies: str = Field(
        "127.0.0.1,::1", description="Addresses or networks of proxies whose word about callers counts."
    )
    sign_on_header: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]{0,60}$",
        description="Header in which a trusted proxy names the login of who is signed in; empty means none.",
    )

    public_address: str = Field(
        "", description="Address at which people reach this archive, such as `https://archive.example`; OIDC needs it."
    )
    oidc_issuer: str = Field(
        "", description="OpenID provider that people may sign in with, as it names itself; empty means none."
    )
    oidc_client_id: str = Field("", description="What the provider calls this archive.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Secret of this archive at the provider; empty means it is asked by PKCE alone."
    )
    oidc_name: str = Field("统一身份认证", max_length=40, description="What the sign-in page calls the provider.")
    oidc_scope: str = Field("openid profile", description="Scopes that are asked for; `openid` is one of them.")
    oidc_hosts: str = Field(
        "", description="Further hosts that the provider answers at, as host or host:port, parted by commas."
    )
    oidc_ca_file: str = Field("", description="Certificates that vouch for the provider.")
    oidc_timeout_s: float = Field(5, gt=0, le=30, description="Seconds to wait for one answer of the provider.")
    oidc_login_claim: str = Field(
        "", description="Claim that says the login of who is not tied yet; empty means only administrators tie."
    )
    oidc_new_people_unit: str = Field(
        "", description="Code of the unit in which an account without roles is made; empty means none is ever made."
    )
    oidc_acr: str = Field(
        "", description="Values of `acr` that say that a second factor was given, parted by commas; they are asked for."
    )
    oidc_amr: str = Field("", description="Values of `amr` that say that a second factor was given, parted by commas.")

    clamd_address: str = Field(
        "", description="Socket of ClamAV that looks at received files: a path, or host:port; empty means none does."
    )
    clamd_timeout_s: float = Field(
        120, gt=0, le=3600, description="Seconds to wait for ClamAV while it looks at one file."
    )

    session_hours: float = Field(10, gt=0, description="Hours a sign-in lasts.")
    session_idle_minutes: float = Field(60, gt=0, description="Minutes without a request that end a sign-in.")
    cookie_secure: bool = Field(False, description="Send the session cookie over TLS only; set it behind TLS.")
    sign_in_attempts: int = Field(
        5, ge=1, description="Wrong passwords or codes in a row from which on the next try has to wait."
    )
    sign_in_address_attempts: int = Field(
        100, ge=0, description="Wrong passwords from one address before it has to wait; 0 means no limit."
    )
    sign_in_lock_minutes: float = Field(15, gt=0, description="Longest time in minutes that a try has to wait.")
    second_factor_roles: str = Field(
        "", description="Roles that must use a second factor, parted by commas; empty means everybody chooses."
    )

    def roles_with_second_factor(self) -> list[str]:
        """Return the roles that must use a second factor, as they were written."""
        return [one.strip() for one in self.second_factor_roles.split(",") if one.strip()]

    unmask_minutes: float = Field(
        15, gt=0, le=480, description="Minutes for which personal data of a household stays unmasked."
    )
    identity_key: SecretStr = Field(
        SecretStr(""), description="Key of the hashes of identity numbers; empty means the file of the home folder."
    )
    signing_file: str = Field(
        "", description="PEM file with certificate and key that sign papers; empty means the archive's own."
    )
    audit_checkpoint_minutes: float = Field(
        60, ge=0, description="Minutes between signed checkpoints of the audit trail; 0 means none by itself."
    )
    audit_algorithm: Literal["ed25519", "sm2"] = Field(
        "ed25519", description="How checkpoints of the audit trail are signed."
    )
    audit_folder: str = Field(
        "", description="Folder that checkpoints are put into, best of another machine; empty means none."
    )
    audit_lock_days: int = Field(
        0, ge=0, description="Days for which checkpoints are locked in the bucket of S3; 0 means none are put there."
    )
    audit_mail: str = Field(
        "",
        pattern=r"^([!-;=?-~]+@[A-Za-z0-9.-]+)?$",
        description="Address that checkpoints are mailed to; empty means none.",
    )
    reading_households_hour: int = Field(
        60, ge=1, description="Households one person may read within an hour before it is flagged."
    )
    reading_day: str = Field(
        "06:00-22:00", pattern=r"^\d\d:\d\d-\d\d:\d\d$", description="Hours outside of which reading is flagged."
    )

    webhook_hosts: str = Field(
        "", description="Hosts that webhooks may be sent to, parted by commas; empty means none."
    )
    webhook_timeout_s: float = Field(10, gt=0, le=60, description="Seconds to wait for the answer to a webhook.")

    smtp_url: str = Field(
        "",
        pattern=r"^(smtps?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?)?$",
        description="Mail server, as `smtp://host:port` or `smtps://host:port`; empty means no mails.",
    )
    smtp_user: str = Field("", description="User at the mail server; empty means none is asked for.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the mail server.")
    smtp_starttls: bool = Field(True, description="Send nothing over `smtp://` before the line is encrypted.")
    smtp_ca_file: str = Field("", description="Certificates that vouch for the mail server.")
    smtp_timeout_s: float = Field(20, gt=0, le=300, description="Seconds to wait for one answer of the mail server.")
    mail_from: str = Field(
        "", pattern=r"^([!-;=?-~]+@[A-Za-z0-9.-]+)?$", description="Address that mails come from; empty means no mails."
    )
    mail_domains: str = Field("", description="Domains that mails may be sent to, parted by commas; empty means all.")
    mail_digest_at: str = Field(
        "07:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time of day of the daily digest."
    )

    def url(self) -> str:
        """Return the address of the database in use."""
        return self.database_url or f"sqlite:///{(self.home / 'archive.db').absolute()}"

    def environment(self) -> dict[str, str]:
        """Return the variables that give a child process these very settings."""
        plain = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in self.model_copy(update={"home": self.home.absolute()})
        }
        return {f"ARCHIVE_{name.upper()}": value for name, value in plain.items()}

    def worker_count(self) -> int:
        """Return how many worker processes the embedded mode runs."""
        return self.workers or max(1, os.cpu_count() or 1)


@lru_cache(maxsize=1)
def load() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
