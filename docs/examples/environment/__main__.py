import pulumi
import pulumi_postject as postject

staging = postject.Environment(
    "staging",
    servers={
        "app": {},
        "newsletter": {"name": "Newsletter", "deletion_protection": False},
    },
)

pulumi.export("variables", staging.variables)
