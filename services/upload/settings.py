"""The settings of the service."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, PositiveInt

from services.kit.addresses import Domains
from services.kit.settings import EntryList, StoreSettings, split_list
from services.upload.domain.limits import ByRole, Limits, Retention

EXECUTABLE = (
    "ade,adp,apk,app,appx,appxbundle,bat,chm,cmd,com,cpl,diagcab,dll,dmg,exe,gadget,hta,inf,ins,iso,isp,jar,jnlp,js,jse,"
    "lnk,mde,msc,msi,msix,msp,mst,pif,ps1,ps1xml,psc1,psm1,reg,scf,scr,sct,shb,sys,vb,vbe,vbs,vhd,vhdx,vxd,wsc,wsf,wsh,xll"
)


class Settings(StoreSettings):
    """All settings; those without a default are required."""

    mongo_database: str = "upload"
    agent_domains: EntryList

    max_transfer_bytes_agent: PositiveInt = 20_000_000_000
    max_transfer_bytes_external: PositiveInt = 1_000_000_000
    max_files: PositiveInt = 1_000
    max_recipients: PositiveInt = 100
    max_drafts: PositiveInt = 50
    transfers_per_day_agent: PositiveInt = 1_000
    transfers_per_day_external: PositiveInt = 100
    refused_extensions: str = EXECUTABLE
    subject_characters: PositiveInt = 200
    text_characters: PositiveInt = 10_000
    name_characters: Annotated[int, AfterValidator(lambda value: max(20, min(value, 240)))] = 120
    path_characters: PositiveInt = 1_000
    folder_depth: PositiveInt = 20
    shortest_validity_days: PositiveInt = 3
    longest_validity_days: PositiveInt = 14
    usual_validity_days: PositiveInt = 7
    capability_minutes: PositiveInt = 60
    abandoned_draft_days: PositiveInt = 14
    late_bytes_minutes: PositiveInt = 120
    overdue_hours: PositiveInt = 48
    evidence_days: PositiveInt = 14
    history_days: PositiveInt = 365
    concurrent_verifications: Annotated[int, AfterValidator(lambda value: max(1, min(value, 4)))] = 1
    orphan_age_hours: PositiveInt = 24
    orphan_sweep_minutes: PositiveInt = 60
    sweep_seconds: PositiveInt = 2

    def limits(self) -> Limits:
        """Return the limits of one transfer."""
        agent, external = self.max_transfer_bytes_agent, self.max_transfer_bytes_external
        return Limits(
            total_bytes=ByRole(agent=agent, external=external),
            files=self.max_files,
            recipients=self.max_recipients,
            drafts=self.max_drafts,
            transfers_per_day=ByRole(agent=self.transfers_per_day_agent, external=self.transfers_per_day_external),
            refused_extensions=frozenset(one.lower().lstrip(".") for one in split_list(self.refused_extensions)) - {""},
            subject_characters=self.subject_characters,
            text_characters=self.text_characters,
            name_characters=self.name_characters,
            path_characters=self.path_characters,
            folders=self.folder_depth,
            shortest_validity_days=self.shortest_validity_days,
            longest_validity_days=self.longest_validity_days,
            usual_validity_days=self.usual_validity_days,
        )

    def retention(self) -> Retention:
        """Return how long data are kept."""
        return Retention(
            drafts=timedelta(days=self.abandoned_draft_days),
            late_bytes=timedelta(minutes=self.late_bytes_minutes),
            overdue=timedelta(hours=self.overdue_hours),
            evidence=timedelta(days=self.evidence_days),
            history=timedelta(days=self.history_days),
        )

    def agents(self) -> Domains:
        """Return the agent domains."""
        return Domains(self.agent_domains.split(","))
