"""The door for ``hooks:``: MkDocs calls the functions of a hook by these names.

The adapter is `preuve.plugin`, which ``plugins: [preuve]`` finds by itself.
"""

from __future__ import annotations

from preuve.plugin import Plugin

_plugin = Plugin()
on_startup = _plugin.on_startup
on_config = _plugin.on_config
on_serve = _plugin.on_serve
on_files = _plugin.on_files
on_page_read_source = _plugin.on_page_read_source
on_page_content = _plugin.on_page_content
on_shutdown = _plugin.on_shutdown
