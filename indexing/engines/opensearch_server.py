"""The OpenSearch server: its client, and what its faults mean."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opensearchpy import OpenSearch, TransportError
from opensearchpy.exceptions import ConnectionError as ServerGone
from opensearchpy.exceptions import ConnectionTimeout, OpenSearchException, SSLError

from archive_service.errors import ArchiveError
from indexing.engine import IndexUnreachable, IndexUnusable, unusable
from indexing.generations import missing

#: What the server calls a request that it turns away because it has too much to do.
TOO_MANY = 429
_FULL = ("read-only", "flood-stage", "disk usage")
_OTHER_MAPPING = {"strict_dynamic_mapping_exception", "mapper_parsing_exception", "illegal_argument_exception"}


@dataclass(frozen=True)
class Address:
    """Where the server is, who we are to it, and what our indexes are called there.

    `urls`: one or more addresses of nodes, parted by commas. `prefix` keeps archives apart that share a server.
    """

    urls: str
    prefix: str = "archive"
    user: str = ""
    password: str = field(default="", repr=False)
    #: File with the certificates to trust; empty means those of the system.
    ca_file: str = ""
    verify: bool = True
    shards: int = 1
    replicas: int = 0
    timeout_s: float = 20.0


class Server:
    """A client of the server, safe to share between threads; every fault comes out as an ArchiveError."""

    def __init__(self, address: Address) -> None:
        self.address = address
        # Its lines would carry addresses and sentences that our own errors tell better.
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        with server_faults(), warnings.catch_warnings():
            # Not to check the certificate is the operator's choice, and docs/settings.md warns of it.
            warnings.simplefilter("ignore")
            self.client = OpenSearch(
                hosts=[url.strip() for url in address.urls.split(",")],
                http_auth=(address.user, address.password) if address.user else None,
                ca_certs=address.ca_file or None,
                verify_certs=address.verify,
                ssl_show_warn=False,
                timeout=address.timeout_s,
                # Once more at another node, or on a fresh connection in place of one that went stale.
                max_retries=1,
                pool_maxsize=20,
            )

    def version(self) -> str:
        """Return the server's version and health, for people."""
        with server_faults():
            number = self.client.info()["version"]["number"]
            health = self.client.cluster.health()
        return f"{number} · {health['status']} · {health['number_of_nodes']} 个节点"


@contextmanager
def server_faults() -> Iterator[None]:
    """Turn faults of the server and its client into errors of the archive, without their text."""
    try:
        yield
    except SSLError as e:
        raise IndexUnreachable(
            "index.certificate", "全文检索服务器的证书未通过验证。请核对 ARCHIVE_OPENSEARCH_CA_FILE 和服务器证书。"
        ) from e
    except (ConnectionTimeout, ServerGone) as e:
        raise gone() from e
    except TransportError as e:
        status = e.status_code if isinstance(e.status_code, int) else 0
        raise meaning(status, str(e.error), str(e.info)) from e
    except (OpenSearchException, OSError, KeyError, ValueError) as e:
        # An answer that is no answer of a search server, or a file of certificates that is not there.
        raise gone() from e


def meaning(status: int, kind: str, reason: str) -> ArchiveError:
    """Return the error that an answer of the server means; `kind` and `reason` are the server's own words."""
    if status == 401 or kind == "security_exception":
        return IndexUnreachable(
            "index.not-authorised",
            "全文检索服务器拒绝了用户名或密码，或该用户权限不足。请核对 ARCHIVE_OPENSEARCH_USER 和 _PASSWORD。",
        )
    if kind == "cluster_block_exception" and any(word in reason for word in _FULL):
        return IndexUnreachable(
            "index.full", "全文检索服务器磁盘将满，已停止写入。请为它扩容；之后索引自动补上，档案本身没有受影响。"
        )
    if status == 404 or kind == "index_not_found_exception":
        return missing()
    if status == TOO_MANY:
        return IndexUnreachable("index.overloaded", "全文检索服务器过于繁忙，未能处理请求。请稍后再试。")
    if status == 403:
        return IndexUnreachable("index.refused", "全文检索服务器不允许这项操作。请检查服务器上索引是否被锁定或关闭。")
    if status == 400 and kind in _OTHER_MAPPING:
        return IndexUnusable(
            "index.outdated", "全文索引由另一版本的程序建立，不能继续使用。请运行 archive-service reindex 重建索引。"
        )
    return unusable() if 400 <= status < 500 else gone()


def gone() -> IndexUnreachable:
    """Return the error for a server that does not answer as it should."""
    return IndexUnreachable(
        "index.unreachable",
        "全文检索服务器没有应答。档案本身没有受影响；请检查服务器和 ARCHIVE_OPENSEARCH_URL 后重试。",
    )
