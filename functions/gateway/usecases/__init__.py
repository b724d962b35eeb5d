"""What the gateway does, on ports that :mod:`gateway.usecases.ports` names."""
