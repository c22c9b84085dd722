"""One business case with everything its papers print: who, where, how much, by whom and on which days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from archive_service.samples import people
from archive_service.samples.people import Company, Person

SUPPLIER = "青屿县供电公司"
#: Code, name and parent of the units in whose names the samples are filed.
UNITS: tuple[tuple[str, str, str | None], ...] = (
    ("QY", SUPPLIER, None),
    ("QY01", "城区客户服务中心", "QY"),
    ("QY02", "望江供电所", "QY"),
    ("QY03", "临溪供电所", "QY"),
)
CENTRES = ("QY01", "QY02", "QY03")
BUSINESS_NAMES = {
    "NEW": "新装",
    "INC": "增容",
    "BATCH": "小区新装",
    "RENAME": "更名",
    "TRANSFER": "过户",
    "DG": "分布式光伏并网",
    "EV": "充电设施报装",
    "SUSP": "暂停",
    "CANCEL": "销户",
}
CATEGORY_NAMES = {"HV": "高压", "LN": "低压非居民", "LR": "低压居民", "LB": "低压批量"}
#: Stages in their order with the working days that usually pass before each, least and most.
_PACE = {
    "ACCEPT": (0, 0),
    "SURVEY": (1, 2),
    "SCHEME": (1, 4),
    "COMPLETE": (3, 9),
    "CONTRACT": (1, 3),
    "METER": (1, 3),
    "ENERGISE": (0, 1),
    "FILING": (1, 3),
    "VISIT": (1, 2),
}
STAGES = people.words("ACCEPT SURVEY SCHEME FEE DESIGN INTERIM COMPLETE CONTRACT METER ENERGISE FILING VISIT")
_STAGES_OF = {
    "RENAME": "ACCEPT CONTRACT FILING",
    "TRANSFER": "ACCEPT CONTRACT FILING",
    "SUSP": "ACCEPT ENERGISE FILING",
    "CANCEL": "ACCEPT METER ENERGISE FILING",
}
#: Capacities that are asked for, smallest first: kVA in the high-voltage categories, kW in the others.
SIZES = {
    "HV": (250, 315, 400, 500, 630, 800, 1250),
    "LB": (1600, 2500, 3200),
    "LN": (15, 20, 30, 50, 80, 100),
    "LR": (8, 10, 12, 16),
}
_STAFF = ("clerk", "manager", "surveyor", "inspector", "installer", "operator", "approver", "archivist", "signer")


@dataclass(frozen=True)
class Case:
    """One case of one household. `on` holds the day of each stage passed; `listed` what the contents list names."""

    account_no: str
    account_name: str
    service_address: str
    category: str
    business_type: str
    application_no: str
    unit_code: str
    holder: Person
    company: Company | None
    agent: Person | None
    former_name: str
    former: Person
    phone: str
    capacity: int
    capacity_before: int
    voltage: str
    usage_class: str
    industry: str
    meters: tuple[str, ...]
    contract_no: str
    project: str
    generation: int
    conditions: tuple[str, ...]
    on: Mapping[str, date]
    staff: Mapping[str, str]
    listed: tuple[tuple[str, int], ...] = field(default=())

    @property
    def unit_name(self) -> str:
        """Name of the unit that handles the case."""
        return next(name for code, name, _ in UNITS if code == self.unit_code)

    @property
    def capacity_unit(self) -> str:
        """High-voltage supplies are counted in kVA, others in kW."""
        return "kVA" if self.category in ("HV", "LB") else "kW"

    def day(self, stage: str) -> date:
        """Return the day of `stage`, or of the last stage before it that the case passed."""
        passed = [code for code in STAGES[: STAGES.index(stage) + 1] if code in self.on]
        return self.on[passed[-1]]


def invent(rng: Random, *, category: str, business_type: str, conditions: tuple[str, ...]) -> Case:
    """Invent the case of one household of this category; `conditions` decide who signs for whom."""
    natural = category == "LR" or "natural" in conditions
    company = None if natural else people.company(rng, developer=category == "LB")
    holder = people.person(rng) if company is None else company.head
    on = _days(rng, business_type)
    capacity, before = _capacity(rng, category, business_type)
    estate = people.estate(rng)
    stamp = f"{on['ACCEPT']:%Y%m%d}"
    usage_class, industry = _usage(rng, category, company)
    return Case(
        account_no=_account_no(rng),
        account_name=holder.name if company is None else company.name,
        service_address=_address(rng, category, holder, estate),
        category=category,
        business_type=business_type,
        application_no=f"{stamp}{rng.randrange(1, 9999):04d}",
        unit_code=rng.choice(CENTRES),
        holder=holder,
        company=company,
        agent=people.person(rng) if "agent" in conditions else None,
        former_name=people.company(rng).name if company else people.name(rng),
        former=people.person(rng),
        phone=people.phone(rng),
        capacity=capacity,
        capacity_before=before,
        voltage={"HV": "10kV", "LB": "10kV", "LN": "380V", "LR": "220V"}[category],
        usage_class=usage_class,
        industry=industry,
        meters=tuple(_meter_no(rng) for _ in range(3 if category == "LB" else 1)),
        contract_no=f"QY-{category}-{on['ACCEPT'].year}-{rng.randrange(1, 9999):04d}",
        project=f"{estate}{rng.choice('一二三')}期",
        generation=rng.choice((10, 15, 20, 30)) if natural else rng.choice((200, 400, 600)),
        conditions=conditions,
        on=on,
        staff={role: people.name(rng) for role in _STAFF},
    )


def workday_after(day: date, count: int) -> date:
    """Return the `count`-th weekday after `day`; public holidays are not known here."""
    while count or day.weekday() > 4:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and count > 0
    return day


def _days(rng: Random, business_type: str) -> dict[str, date]:
    stages = _STAGES_OF.get(business_type, " ".join(_PACE)).split()
    day = workday_after(date(2025, 3, 3) + timedelta(days=rng.randrange(420)), 0)
    days = {}
    for stage in stages:
        day = workday_after(day, rng.randint(*_PACE[stage]))
        days[stage] = day
    return days


def _account_no(rng: Random) -> str:
    if rng.random() < 0.5:
        return f"51{rng.randrange(10**8):08d}"
    return f"3271{rng.randrange(10**9):09d}"


def _meter_no(rng: Random) -> str:
    return f"3330{rng.randrange(10**18):018d}"


def _capacity(rng: Random, category: str, business_type: str) -> tuple[int, int]:
    after = rng.choice(SIZES[category][1:])
    before = SIZES[category][SIZES[category].index(after) - 1]
    return after, 0 if business_type in ("NEW", "BATCH", "EV") else before


def _address(rng: Random, category: str, holder: Person, estate: str) -> str:
    if category == "LR":
        return holder.home
    return f"{people.COUNTY}东门街道{estate}小区" if category == "LB" else people.shop(rng)


def _usage(rng: Random, category: str, company: Company | None) -> tuple[str, str]:
    if category in ("LR", "LB"):
        return "城镇居民生活用电" if rng.random() < 0.7 else "乡村居民生活用电", "居民生活"
    industry = company.industry if company else "零售业"
    return ("大工业用电" if category == "HV" else "一般工商业及其他用电"), industry
