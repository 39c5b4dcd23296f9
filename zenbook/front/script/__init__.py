"""Front door for scripts: ``@step`` and ``@pipeline``."""
