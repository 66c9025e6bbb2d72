# Systems that are switched off, tries of connections, and when a key expires.

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('requests_app', '0007_notice_address'),
    ]

    operations = [
        migrations.AddField(
            model_name='system',
            name='down_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='system',
            name='next_check_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='system',
            name='off_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='switched off'),
        ),
        migrations.AddField(
            model_name='system',
            name='off_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='system',
            name='off_reason',
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name='systemsecret',
            name='expires_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='SystemCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ok', models.BooleanField()),
                ('fault', models.CharField(blank=True, max_length=40)),
                ('params', models.JSONField(blank=True, default=dict)),
                ('milliseconds', models.PositiveIntegerField()),
                ('scheduled', models.BooleanField(default=True)),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='requests_app.system')),
            ],
            options={
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['at'], name='systemcheck_at')],
            },
        ),
    ]
