"""Modules whose distribution has another name. Data, no code."""

from __future__ import annotations

from collections.abc import Mapping

DISTRIBUTIONS: Mapping[str, str] = {
    "yaml": "PyYAML", "PIL": "Pillow", "cv2": "opencv-python", "sklearn": "scikit-learn", "skimage": "scikit-image",
    "bs4": "beautifulsoup4", "git": "GitPython", "attr": "attrs", "OpenSSL": "pyOpenSSL", "Crypto": "pycryptodome",
    "jwt": "PyJWT", "zmq": "pyzmq", "dateutil": "python-dateutil", "fitz": "PyMuPDF", "docx": "python-docx",
    "magic": "python-magic", "serial": "pyserial", "usb": "pyusb", "MySQLdb": "mysqlclient", "gi": "PyGObject",
    "rest_framework": "djangorestframework", "wx": "wxPython", "win32api": "pywin32", "socks": "PySocks",
    "ruamel": "ruamel.yaml", "markdown_it": "markdown-it-py", "flask_sqlalchemy": "Flask-SQLAlchemy",
    "nacl": "PyNaCl", "github": "PyGithub", "gitlab": "python-gitlab", "jose": "python-jose", "ldap": "python-ldap",
    "dns": "dnspython", "slugify": "python-slugify", "multipart": "python-multipart", "dotenv": "python-dotenv",
    "umap": "umap-learn", "grpc": "grpcio", "kafka": "kafka-python", "telegram": "python-telegram-bot",
    "psycopg2": "psycopg2-binary", "pkg_resources": "setuptools", "mpl_toolkits": "matplotlib", "tlz": "toolz",
    "pytest_mock": "pytest-mock", "pytest_asyncio": "pytest-asyncio", "googleapiclient": "google-api-python-client",
    "Levenshtein": "Levenshtein", "mock": "mock", "discord": "discord.py", "OpenGL": "PyOpenGL", "pptx": "python-pptx",
}  # fmt: skip
