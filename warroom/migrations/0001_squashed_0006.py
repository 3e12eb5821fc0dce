import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from warroom import timeline_guard


def install(apps, schema_editor):
    timeline_guard.install(schema_editor.connection)


def remove(apps, schema_editor):
    timeline_guard.remove(schema_editor.connection)


class Migration(migrations.Migration):

    replaces = [('warroom', '0001_initial'), ('warroom', '0002_timeline_guard'), ('warroom', '0003_verdict_leading'), ('warroom', '0004_status_public'), ('warroom', '0005_plans_and_people'), ('warroom', '0006_escalations')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
                'indexes': [],
                'constraints': [],
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='DeploymentPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('version', models.CharField(blank=True, max_length=60)),
                ('environment', models.CharField(blank=True, max_length=60)),
                ('summary', models.TextField(blank=True)),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plans', to=settings.AUTH_USER_MODEL)),
                ('t0', models.DateTimeField(blank=True, null=True, verbose_name='T0')),
                ('window_start', models.DateTimeField(blank=True, null=True)),
                ('window_end', models.DateTimeField(blank=True, null=True)),
                ('protected_until', models.DateTimeField(blank=True, null=True)),
                ('time_zone', models.CharField(default='UTC', max_length=60)),
                ('status_public', models.BooleanField(default=True, help_text='Whether /status/<slug>/ is shown to everyone, signed in or not.')),
                ('rehearsal', models.BooleanField(default=False)),
                ('rehearsal_factor', models.PositiveSmallIntegerField(default=1, help_text='Soaks and cadences of a rehearsal are divided by it.')),
                ('copied_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='copies', to='warroom.deploymentplan')),
                ('lifecycle', models.CharField(choices=[('draft', 'Draft'), ('preparing', 'Preparing'), ('deploying', 'Deploying'), ('watching', 'Watching'), ('stable', 'Stable'), ('rolled_back', 'Rolled back'), ('aborted', 'Aborted')], default='preparing', max_length=12)),
                ('lifecycle_at', models.DateTimeField(blank=True, help_text='Since when it is so.', null=True)),
                ('lifecycle_reason', models.TextField(blank=True)),
                ('watch_hours', models.PositiveSmallIntegerField(default=48, help_text='Hours of watching before the release can be declared stable.')),
                ('score_max', models.PositiveSmallIntegerField(blank=True, help_text='Where signatures carry a score: the best one, such as 10.', null=True)),
                ('two_roles', models.JSONField(blank=True, default=list, help_text='Usernames.')),
                ('facts', models.JSONField(blank=True, default=dict, help_text='Header lines of the document.')),
                ('revision', models.PositiveBigIntegerField(default=0)),
                ('verdict', models.CharField(blank=True, choices=[('', 'Nothing measured'), ('proceed', 'PROCEED'), ('hold', 'HOLD'), ('rollback', 'ROLLBACK')], default='', max_length=8)),
                ('verdict_sentence', models.TextField(blank=True)),
                ('verdict_leading', models.CharField(blank=True, max_length=220)),
                ('verdict_counts', models.CharField(blank=True, help_text='5 of 6 green', max_length=80)),
                ('verdict_since', models.DateTimeField(blank=True, null=True)),
                ('verdict_valid_until', models.DateTimeField(blank=True, null=True)),
                ('timeline_seq', models.PositiveBigIntegerField(default=0)),
                ('timeline_hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                ('source_name', models.CharField(blank=True, max_length=200)),
                ('source_text', models.TextField(blank=True, help_text="The team's own document, as it came.")),
                ('source_sha256', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ('-t0', 'name'),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='PlanTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('summary', models.CharField(blank=True, max_length=300)),
                ('body', models.TextField()),
                ('made_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='templates', to='warroom.deploymentplan')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('name',),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='EscalationLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalation_levels', to='warroom.deploymentplan')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=120)),
                ('from_minute', models.PositiveIntegerField(default=0)),
                ('to_minute', models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ('number',),
                'constraints': [models.UniqueConstraint(fields=('plan', 'number'), name='level_number_per_plan')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='EscalationContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='warroom.deploymentplan')),
                ('level', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='contacts', to='warroom.escalationlevel')),
                ('name', models.CharField(max_length=120)),
                ('role_name', models.CharField(blank=True, max_length=120)),
                ('reach', models.JSONField(blank=True, default=list)),
                ('availability', models.CharField(blank=True, max_length=200)),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'ordering': ('position', 'pk'),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalations', to='warroom.deploymentplan')),
                ('number', models.PositiveSmallIntegerField()),
                ('cause', models.CharField(max_length=80)),
                ('reason', models.CharField(max_length=500)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('level', models.PositiveSmallIntegerField(default=1)),
                ('opened_at', models.DateTimeField()),
                ('opened_by', models.CharField(max_length=150)),
                ('due_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.CharField(blank=True, max_length=150)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.CharField(blank=True, max_length=150)),
                ('closed_reason', models.TextField(blank=True)),
            ],
            options={
                'ordering': ('-number',),
                'constraints': [models.UniqueConstraint(fields=('plan', 'number'), name='escalation_number_per_plan'), models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('plan', 'cause'), name='one_open_escalation_per_cause')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='StatusUpdate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='status_updates', to='warroom.deploymentplan')),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-at', '-pk'),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='warroom.deploymentplan')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('way', models.CharField(default='mail', max_length=10)),
                ('to', models.CharField(max_length=254)),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('due_at', models.DateTimeField(db_index=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('lease_token', models.CharField(blank=True, max_length=32)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('given_up_at', models.DateTimeField(blank=True, null=True)),
                ('failure', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ('at', 'pk'),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roles', to='warroom.deploymentplan')),
                ('key', models.SlugField(max_length=60)),
                ('name', models.CharField(max_length=100)),
                ('rights', models.JSONField(default=list, help_text='Values of Right.')),
                ('holder', models.CharField(blank=True, help_text='The person that the document names for this role.', max_length=120)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('cover_from_s', models.BigIntegerField(blank=True, null=True)),
                ('cover_until_s', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ('position', 'pk'),
                'constraints': [models.UniqueConstraint(fields=('plan', 'key'), name='role_key_per_plan')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Seat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seats', to='warroom.role')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to=settings.AUTH_USER_MODEL)),
                ('since', models.DateTimeField(auto_now_add=True)),
                ('starts_at', models.DateTimeField(blank=True, null=True)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('stands_in_for', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='stand_ins', to='warroom.seat')),
                ('note', models.CharField(blank=True, help_text='What is handed over.', max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('stands_in_for', None)), fields=('role', 'user'), name='seat_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='warroom.deploymentplan')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='warroom.role')),
                ('name', models.CharField(blank=True, max_length=150)),
                ('email', models.EmailField(blank=True, help_text='Empty: the link is handed over by hand.', max_length=254)),
                ('nonce', models.CharField(max_length=32)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('declined_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('at', 'pk'),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='presences', to='warroom.deploymentplan')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'user'), name='presence_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='TimelineEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='warroom.deploymentplan')),
                ('seq', models.PositiveBigIntegerField()),
                ('kind', models.CharField(help_text='Past tense: item.done, gate.decided.', max_length=60)),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('actor_name', models.CharField(help_text="As it was then; 'rule' for rules.", max_length=150)),
                ('text', models.TextField(help_text='One sentence for people.')),
                ('data', models.JSONField(default=dict)),
                ('request_id', models.CharField(blank=True, help_text='One request, one event.', max_length=64, null=True)),
                ('prev_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ('plan', 'seq'),
                'constraints': [models.UniqueConstraint(fields=('plan', 'seq'), name='timeline_seq_per_plan'), models.UniqueConstraint(fields=('plan', 'request_id'), name='timeline_request_once_per_plan')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='warroom.deploymentplan')),
                ('scopes', models.JSONField(default=list)),
                ('prefix', models.CharField(max_length=12)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='WorkerTick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.RunPython(install, remove),
    ]
