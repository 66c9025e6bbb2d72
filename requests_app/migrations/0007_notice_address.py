# Where word is sent to somebody who logged in by eID: an address confirmed by its own one-time link.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0006_channels"),
    ]

    operations = [
        migrations.AddField(
            model_name="caseparty",
            name="mail_enc",
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="onetimelink",
            name="party",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="requests_app.caseparty",
            ),
        ),
        migrations.AlterField(
            model_name="onetimelink",
            name="purpose",
            field=models.CharField(choices=[("login", "login"), ("address", "address")], max_length=8),
        ),
    ]
