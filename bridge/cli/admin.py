"""``smsbridge admin``: settings and bridges of the cloud side, through the ``admin`` function."""

import json
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class _Cloud:
    """Calls the admin function; IAM decides whether the caller may."""

    def __init__(self, function: str, stack: str) -> None:
        self._function = function
        self._stack = stack

    def call(self, command: str, **arguments: object) -> dict[str, Any]:
        """The answer to a command; ends the program with what is wrong."""
        if find_spec("boto3") is None:
            _fail("this needs the extra: pip install 'smsbridge[admin]'")
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client: LambdaClient = boto3.client("lambda")
            answer = client.invoke(
                FunctionName=self._function or self._find_function(),
                Payload=json.dumps({"command": command, **arguments}).encode(),
            )
        except (BotoCoreError, ClientError) as error:
            _fail(f"the admin function cannot be called: {error}")
        result: dict[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            _fail(f"the admin function failed: {result.get('errorMessage', 'see its log')}")
        if not result.pop("ok"):
            _fail(*result["problems"])
        return result

    def _find_function(self) -> str:
        import boto3

        stacks = boto3.client("cloudformation").describe_stacks(StackName=self._stack)["Stacks"]
        outputs = {item["OutputKey"]: item["OutputValue"] for item in stacks[0].get("Outputs", [])}
        return str(outputs["AdminFunctionName"])


def _fail(*problems: str) -> NoReturn:
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(1)


@click.group()
@click.option("--stack", default="smsbridge", show_default=True, help="Name of the deployed stack.")
@click.option(
    "--function",
    envvar="SMSBRIDGE_ADMIN_FUNCTION",
    default="",
    help="Name of its admin function; found from the stack unless given (or in SMSBRIDGE_ADMIN_FUNCTION).",
)
@click.pass_context
def admin(ctx: click.Context, stack: str, function: str) -> None:
    """Administer the cloud side.

    Uses your AWS credentials, profile and region, as the AWS command line does. Exit codes: 0 done, 1 refused
    or failed, 2 wrong usage.
    """
    ctx.obj = _Cloud(function, stack)


@admin.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.pass_obj
def apply(cloud: _Cloud, file: Path, yes: bool, as_json: bool) -> None:
    """Show what FILE (cloud.toml) would change, then make it the settings in force.

    The signing secrets of new API extensions are printed once, here.
    """
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        click.echo(f"{file}: {error}", err=True)
        sys.exit(2)
    changes = cloud.call("apply", settings=settings, dry_run=True)["changes"]
    if not as_json:
        for change in changes or ["nothing to change"]:
            click.echo(change)
    if changes and not yes:
        click.confirm("Apply?", abort=True, err=True)
    result = cloud.call("apply", settings=settings) if changes else {}
    secrets: dict[str, str] = result.get("secrets", {})
    if as_json:
        click.echo(json.dumps({"changes": changes, "webhook_secrets": secrets}))
        return
    if changes:
        click.echo(f"applied as generation {result['generation']}; in force within half a minute")
    for extension, secret in secrets.items():
        click.echo(f"signing secret of API extension {extension}, shown only now: {secret}")


@admin.command("hash-password")
@click.password_option(help="Asked for unless given; given on a command line, others may see it.")
@click.pass_obj
def hash_password(cloud: _Cloud, password: str) -> None:
    """Print the hash of a password, for password_hash in cloud.toml."""
    click.echo(cloud.call("hash_password", password=password)["password_hash"])


@admin.group()
def bridge() -> None:
    """The bridges that may connect."""


@bridge.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.pass_obj
def add(cloud: _Cloud, name: str, as_json: bool) -> None:
    """Add a bridge NAME and print its token, which is shown only now (the cloud keeps a hash)."""
    result = cloud.call("add_bridge", bridge=name)
    click.echo(json.dumps(result) if as_json else result["token"])
