#!/usr/bin/env python3
"""Django's command line for the workbench."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    # Nobody multiplies matrices: threads of numpy would only wait, busily, while the workbench starts.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # nothing is garbage while modules are loaded; `SimulationsConfig.ready` ends this
    execute_from_command_line(sys.argv)
