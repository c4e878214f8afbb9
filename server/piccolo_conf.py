"""Where Piccolo's command line finds the engine and the tables."""

from piccolo.conf.apps import AppRegistry

from server.database import make_engine
from server.settings import read_settings

DB = make_engine(read_settings().database_url)
APP_REGISTRY = AppRegistry(apps=["server.piccolo_app"])
