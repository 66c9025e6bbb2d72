# Limits of systems: gatherings at once, and the pace they are asked at.

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('requests_app', '0008_health'),
    ]

    operations = [
        migrations.CreateModel(
            name='SystemPace',
            fields=[
                ('system', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pace', serialize=False, to='requests_app.system')),
                ('free_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='system',
            name='at_once',
            field=models.PositiveSmallIntegerField(blank=True, help_text='How many cases may be searched in it at the same moment, over all workers. Empty: as many as there are.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='gatherings at once'),
        ),
        migrations.AddField(
            model_name='collection',
            name='waits_for_room',
            field=models.BooleanField(default=False),
        ),
    ]
