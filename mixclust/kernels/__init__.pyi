from types import ModuleType

LEVEL: str
LEVEL_REASON: str
AVAILABLE_LEVELS: tuple[str, ...]

def __getattr__(name: str) -> ModuleType: ...
