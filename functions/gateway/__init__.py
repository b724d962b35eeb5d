"""The cloud half of SMS Bridge: the HTTP API, the bridges' websocket, dispatch, notifications, settings."""
