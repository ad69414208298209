"""What Slack allows: every limit that the sandbox enforces, as a named constant with its source."""

from __future__ import annotations

from typing import Final

# Deadlines and retries. Source: Slack's pages on acknowledging requests, the Events API and response_url.
ACK_SECONDS: Final = 3.0  # real seconds, for actions, commands, views and events alike
TRIGGER_SECONDS: Final = 3.0  # real seconds, and a trigger opens one view only
EVENT_RETRY_SECONDS: Final = (0, 60, 300)  # Events API: at once, after a minute, after five minutes
SIGNATURE_WINDOW_SECONDS: Final = 300  # slack_sdk signature/__init__.py: older requests are refused
RESPONSE_URL_USES: Final = 5
RESPONSE_URL_SECONDS: Final = 1800
SOCKETS_PER_APP: Final = 10  # Slack's page on Socket Mode

# Texts. Source: chat.postMessage reference; the rest slack_sdk models/blocks and models/views.
MESSAGE_TEXT: Final = 40_000
MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
VIEW_STACK: Final = 3  # views.push reference: push_limit_reached
VIEW_TITLE: Final = 24
VIEW_METADATA: Final = 3000
CALLBACK_ID: Final = 255
BLOCK_ID: Final = 255
ACTION_ID: Final = 255
SECTION_TEXT: Final = 3000
SECTION_FIELDS: Final = 10
SECTION_FIELD_TEXT: Final = 2000  # section block reference
HEADER_TEXT: Final = 150
MARKDOWN_TEXT: Final = 12_000
ACTIONS_ELEMENTS: Final = 25
CONTEXT_ELEMENTS: Final = 10
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2000
BUTTON_URL: Final = 3000
PLACEHOLDER: Final = 150
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
SELECT_OPTIONS: Final = 100
CHOICE_OPTIONS: Final = 10  # checkboxes and radio button group references
OVERFLOW_OPTIONS: Final = 5
INPUT_LABEL: Final = 2000
INPUT_LENGTH: Final = 3000  # plain-text input reference: max_length
FILE_INPUT_FILES: Final = 10  # file input reference: max_files
IMAGE_URL: Final = 3000
ALT_TEXT: Final = 2000

# Files. Source: Slack help page on adding files (1 GB each); the error is of files.getUploadURLExternal.
FILE_BYTES: Final = 1_000_000_000

# Rates. Source: Slack's rate-limits page: tiers are calls a minute per method and workspace.
TIER_1: Final = 1
TIER_2: Final = 20
TIER_3: Final = 50
TIER_4: Final = 100
TIER_1_BURST: Final = 10  # our choice: room for ten sockets to connect together
POST_PER_SECOND: Final = 1.0  # chat.postMessage: one a second per channel, bursts tolerated
POST_BURST: Final = 5  # our choice: the page says "short bursts" and gives no number
POST_PER_MINUTE: Final = 600  # our choice for "several hundred messages a minute" per workspace
METHOD_TIERS: Final[dict[str, int]] = {
    "api.test": TIER_4,
    "apps.connections.open": TIER_1,
    "chat.delete": TIER_3,
    "chat.postEphemeral": TIER_4,
    "conversations.info": TIER_3,
    "conversations.open": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "files.info": TIER_4,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.push": TIER_4,
    "views.update": TIER_4,
}

# Memory of the sandbox itself, so that long runs stay small (our choice).
KEPT_MESSAGES: Final = 2000  # per channel
KEPT_HISTORY: Final = 5000  # per channel
KEPT_EPHEMERALS: Final = 100  # per person
KEPT_ACKS: Final = 10_000
KEPT_TOKENS: Final = 20_000  # triggers and response_urls
KEPT_FILES: Final = 2000
