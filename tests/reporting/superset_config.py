"""The configuration of the Superset that tests/reporting/superset starts: nobody else can reach it, and it ends with the test."""

import os

from flask_login import current_user, login_user

SECRET_KEY = "of a server that ends with the test"
SQLALCHEMY_DATABASE_URI = f"sqlite:///{os.environ['SUPERSET_HOME']}/superset.db"
PREVENT_UNSAFE_DB_CONNECTIONS = False
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
RATELIMIT_ENABLED = False
FEATURE_FLAGS = {"ENABLE_TEMPLATE_PROCESSING": True}


def FLASK_APP_MUTATOR(app):
    """Everybody is the administrator."""

    @app.before_request
    def log_in():
        if not current_user.is_authenticated:
            login_user(app.appbuilder.sm.find_user("admin"))
