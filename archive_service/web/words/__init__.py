"""State words and labels: one icon, one look and one word for each, the same on every page.

A file for each subject; pages, papers and templates read them all under one name, as in `words.CASE`. A new word goes
into the file of its subject and nowhere else; no two subjects use the same name.
"""

from archive_service.web.words.cases import *
from archive_service.web.words.copies import *
from archive_service.web.words.editions import *
from archive_service.web.words.events import *
from archive_service.web.words.exchange import *
from archive_service.web.words.households import *
from archive_service.web.words.inspection import *
from archive_service.web.words.intake import *
from archive_service.web.words.loans import *
from archive_service.web.words.notices import *
from archive_service.web.words.papers import *
from archive_service.web.words.people import *
from archive_service.web.words.proofs import *
from archive_service.web.words.properties import *
from archive_service.web.words.retention import *
from archive_service.web.words.rooms import *
from archive_service.web.words.running import *
from archive_service.web.words.states import *
from archive_service.web.words.storage import *
from archive_service.web.words.subjects import *
