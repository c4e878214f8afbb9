"""The Piccolo app: its tables and the folder of its one migration history."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from server import tables

APP_CONFIG = AppConfig(
    app_name="server",
    migrations_folder_path=str(Path(__file__).parent / "tables" / "piccolo_migrations"),
    table_classes=[getattr(tables, name) for name in tables.__all__],
    migration_dependencies=[],
)
